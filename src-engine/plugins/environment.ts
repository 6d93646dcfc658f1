// Environment variables without which some plugins do not start. Their child must be started with them: a running process cannot add them.
import type { PluginRef } from '../../src-shared/plugins/index.ts'

/**
 * For every child that loads plugins: those made with Qt end the process where there is no display, and write equal states in another order each time
 * where tables are seeded.
 */
export const PLUGIN_ENVIRONMENT: Readonly<Record<string, string>> = { QT_QPA_PLATFORM: 'offscreen', QT_HASH_SEED: '0' }

export interface EnvironmentOverride {
  readonly environment: Readonly<Record<string, string>>
  /** Why, for people. */
  readonly reason: string
}

const FFTW: EnvironmentOverride = {
  environment: { LD_PRELOAD: 'libfftw3f.so.3' },
  reason: 'Debian builds it without linking the FFT library it calls',
}

/** Overrides by `format:id`. Such a plugin needs a host of its own. */
export const ENVIRONMENT_OVERRIDES: ReadonlyMap<string, EnvironmentOverride> = new Map([
  ['lv2:http://plugin.org.uk/swh-plugins/mbeq', FFTW],
  ['lv2:http://plugin.org.uk/swh-plugins/pitchScaleHQ', FFTW],
  // glibc then fills what it hands out with zeros; for other plugins, which read memory they gave back, it does harm.
  ['lv2:http://drobilla.net/plugins/mda/BeatBox', { environment: { MALLOC_PERTURB_: '255' }, reason: 'It plays memory it never wrote' }],
])

/** What a plugin needs beyond `PLUGIN_ENVIRONMENT`; empty for nearly all. */
export const environmentOf = ({ format, id }: PluginRef): Readonly<Record<string, string>> =>
  ENVIRONMENT_OVERRIDES.get(`${format}:${id}`)?.environment ?? {}
