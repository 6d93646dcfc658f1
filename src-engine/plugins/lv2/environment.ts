// Environment variables without which some plugins do not start. Their host child must be started with them: a running process cannot add them.

/** For every child that hosts or scans LV2: plugins made with Qt end the process where there is no display. */
export const LV2_ENVIRONMENT: Readonly<Record<string, string>> = { QT_QPA_PLATFORM: 'offscreen' }

export interface EnvironmentOverride {
  readonly environment: Readonly<Record<string, string>>
  /** Why, for people. */
  readonly reason: string
}

const FFTW: EnvironmentOverride = {
  environment: { LD_PRELOAD: 'libfftw3f.so.3' },
  reason: 'Debian builds it without linking the FFT library it calls',
}

/** Overrides by plugin URI. Such a plugin needs a host of its own. */
export const LV2_OVERRIDES: ReadonlyMap<string, EnvironmentOverride> = new Map([
  ['http://plugin.org.uk/swh-plugins/mbeq', FFTW],
  ['http://plugin.org.uk/swh-plugins/pitchScale', FFTW],
  ['http://plugin.org.uk/swh-plugins/pitchScaleHQ', FFTW],
])
