// Plugins of Debian that the plugin host is measured with. `lv2proc` must be able to run them: it knows neither atoms nor most features.

export interface NamedPlugin {
  readonly path: string
  readonly id: string
}

/** About a microsecond per block of 512 frames: what a host adds is seen best. */
export const LIGHT: NamedPlugin = { path: '/usr/lib/lv2/mda.lv2', id: 'http://drobilla.net/plugins/mda/Ambience' }

/** A reverb (40 µs per block), a compressor (4 µs) and a small room (1 µs). */
export const CHAIN: readonly NamedPlugin[] = [
  { path: '/usr/lib/lv2/invada.lv2', id: 'http://invadarecords.com/plugins/lv2/erreverb/sum' },
  { path: '/usr/lib/lv2/sc4-swh.lv2', id: 'http://plugin.org.uk/swh-plugins/sc4' },
  LIGHT,
]

/** One knob, heard at once. */
export const AMP: NamedPlugin = { path: '/usr/lib/lv2/amp-swh.lv2', id: 'http://plugin.org.uk/swh-plugins/amp' }
