// Numbers the models were trained with. Apart from what runs them, so that knowing them loads no runtime.

/** Voice activity: samples a second, and samples a likelihood. */
export const VOICE_RATE = 16_000
export const VOICE_FRAME = 512

/** Transcription: samples a second, samples between two columns, pitches a column, MIDI number of the lowest. */
export const PITCH_RATE = 22_050
export const HOP = 256
export const PITCHES = 88
export const LOWEST_PITCH = 21
