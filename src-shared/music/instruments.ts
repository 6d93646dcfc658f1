// The instruments and drum kits that come along, as documents and windows name them. What they sound like is in the engine.

export const INSTRUMENT_FAMILIES = ['keys', 'bass', 'pad', 'lead', 'mallet'] as const
export type InstrumentFamily = (typeof INSTRUMENT_FAMILIES)[number]

export interface InstrumentInfo {
  readonly name: string
  readonly label: string
  readonly family: InstrumentFamily
  /** `synth` is computed, `sampler` plays CC0 recordings. */
  readonly kind: 'synth' | 'sampler'
}

const instrument = (name: string, label: string, family: InstrumentFamily, kind: InstrumentInfo['kind']): InstrumentInfo => ({
  name,
  label,
  family,
  kind,
})

export const INSTRUMENTS = [
  instrument('e-piano', 'Electric piano', 'keys', 'synth'),
  instrument('organ', 'Organ', 'keys', 'synth'),
  instrument('pluck', 'Pluck', 'keys', 'synth'),
  instrument('warm-pad', 'Warm pad', 'pad', 'synth'),
  instrument('strings', 'Synth strings', 'pad', 'synth'),
  instrument('lead', 'Lead', 'lead', 'synth'),
  instrument('synth-bass', 'Synth bass', 'bass', 'synth'),
  instrument('sub-bass', 'Sub bass', 'bass', 'synth'),
  instrument('bell', 'Bell', 'mallet', 'synth'),
  instrument('bass-round', 'Round bass', 'bass', 'sampler'),
  instrument('bass-wood', 'Woody bass', 'bass', 'sampler'),
  instrument('bass-trance', 'Trance bass', 'bass', 'sampler'),
  instrument('bass-voice', 'Voice bass', 'bass', 'sampler'),
  instrument('glass', 'Rubbed glass', 'lead', 'sampler'),
  instrument('glass-hum', 'Glass hum', 'pad', 'sampler'),
  instrument('voice-tone', 'Voice tone', 'lead', 'sampler'),
  instrument('drum-tuned', 'Tuned drum', 'mallet', 'sampler'),
  instrument('bell-short', 'Short bell', 'mallet', 'sampler'),
] as const satisfies readonly InstrumentInfo[]

export interface InstrumentParameter {
  readonly name: string
  readonly label: string
  readonly min: number
  readonly max: number
  readonly default: number
  readonly unit: string
}

/** Every instrument takes these; what is missing is at its default, what is out of range is held to it. */
export const INSTRUMENT_PARAMETERS = [
  { name: 'gainDb', label: 'Level', min: -36, max: 12, default: 0, unit: 'dB' },
  /** 0 is as made; -1 two octaves darker, 1 two octaves brighter. */
  { name: 'brightness', label: 'Brightness', min: -1, max: 1, default: 0, unit: '' },
  /** Times the instrument's own. */
  { name: 'attack', label: 'Attack', min: 0.25, max: 8, default: 1, unit: '×' },
  { name: 'release', label: 'Release', min: 0.25, max: 8, default: 1, unit: '×' },
  { name: 'transpose', label: 'Transpose', min: -24, max: 24, default: 0, unit: 'semitones' },
  /** 0 is mono. */
  { name: 'width', label: 'Width', min: 0, max: 1, default: 0.6, unit: '' },
] as const satisfies readonly InstrumentParameter[]
export type InstrumentParameterName = (typeof INSTRUMENT_PARAMETERS)[number]['name']

export const KITS = [
  { name: 'acoustic', label: 'Acoustic' },
  { name: 'electronic', label: 'Electronic' },
  { name: 'lo-fi', label: 'Lo-fi' },
  { name: 'club', label: 'Club' },
  { name: 'tabla', label: 'Tabla' },
] as const
export type KitName = (typeof KITS)[number]['name']
