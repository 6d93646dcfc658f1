// What each instrument is made of. Gains are set so that one note at full force peaks near a quarter of full scale.
import { INSTRUMENTS } from '../../src-shared/music/index.ts'
import { type ModulationPatch, modulated } from './frequency-modulation.ts'
import { type SamplerPatch, sampled } from './sampler.ts'
import { type SynthPatch, subtractive } from './synth.ts'
import type { MakeVoice } from './voice.ts'

export type InstrumentName = (typeof INSTRUMENTS)[number]['name']

const envelope = (attack: number, decay: number, sustain: number, release: number) => ({ attack, decay, sustain, release })
const oscillator = (
  wave: SynthPatch['oscillators'][number]['wave'],
  gain: number,
  more: { semitones?: number; unison?: number; spread?: number } = {},
) => ({
  wave,
  gain,
  semitones: more.semitones ?? 0,
  unison: more.unison ?? 1,
  spreadCents: more.spread ?? 0,
})

const SYNTHS: Partial<Record<InstrumentName, SynthPatch>> = {
  organ: {
    oscillators: [
      oscillator('sine', 0.5),
      oscillator('sine', 0.35, { semitones: 12 }),
      oscillator('sine', 0.22, { semitones: 19.02 }),
      oscillator('sine', 0.16, { semitones: 24 }),
      oscillator('sine', 0.06, { semitones: -12 }),
    ],
    amplitude: envelope(0.008, 0.1, 1, 0.08),
    filter: null,
    vibrato: { cents: 4, hz: 5.8, delay: 0.2 },
    gain: 0.2,
  },
  pluck: {
    oscillators: [oscillator('saw', 0.6, { unison: 2, spread: 8 }), oscillator('square', 0.3)],
    amplitude: envelope(0.002, 1.4, 0, 0.25),
    filter: { cutoff: 62, sweep: 48, follow: 0.6, resonance: 0.25, envelope: envelope(0.001, 0.5, 0, 0.3), touch: 24 },
    vibrato: null,
    gain: 0.3,
  },
  'warm-pad': {
    oscillators: [oscillator('saw', 0.5, { unison: 5, spread: 22 }), oscillator('triangle', 0.3)],
    amplitude: envelope(0.35, 1, 0.85, 1.2),
    filter: { cutoff: 76, sweep: 14, follow: 0.5, resonance: 0.1, envelope: envelope(0.6, 2, 0.5, 1.2), touch: 14 },
    vibrato: { cents: 5, hz: 4.7, delay: 0.8 },
    gain: 0.22,
  },
  strings: {
    oscillators: [oscillator('saw', 0.6, { unison: 7, spread: 26 })],
    amplitude: envelope(0.12, 1, 0.9, 0.45),
    filter: { cutoff: 96, sweep: 8, follow: 0.6, resonance: 0, envelope: envelope(0.2, 1, 0.6, 0.5), touch: 18 },
    vibrato: { cents: 7, hz: 5.4, delay: 0.4 },
    gain: 0.22,
  },
  lead: {
    oscillators: [oscillator('saw', 0.5, { unison: 3, spread: 14 }), oscillator('square', 0.35)],
    amplitude: envelope(0.004, 0.3, 0.8, 0.16),
    filter: { cutoff: 92, sweep: 24, follow: 0.7, resonance: 0.35, envelope: envelope(0.003, 0.35, 0.35, 0.2), touch: 16 },
    vibrato: { cents: 12, hz: 5.5, delay: 0.3 },
    gain: 0.22,
  },
  'synth-bass': {
    oscillators: [oscillator('saw', 0.5), oscillator('square', 0.4, { semitones: -0.06 }), oscillator('sine', 0.4)],
    amplitude: envelope(0.003, 0.6, 0.7, 0.09),
    filter: { cutoff: 66, sweep: 30, follow: 0.5, resonance: 0.35, envelope: envelope(0.002, 0.28, 0.15, 0.1), touch: 14 },
    vibrato: null,
    gain: 0.26,
  },
  'sub-bass': {
    oscillators: [oscillator('sine', 0.9), oscillator('triangle', 0.15, { semitones: 12 })],
    amplitude: envelope(0.006, 1, 0.9, 0.08),
    filter: null,
    vibrato: null,
    gain: 0.32,
  },
}

const MODULATED: Partial<Record<InstrumentName, ModulationPatch>> = {
  'e-piano': {
    pairs: [
      { carrier: 1, modulator: 1, depth: 1.7, depthEnvelope: envelope(0, 1.3, 0.15, 0.4), gain: 0.7 },
      { carrier: 1.001, modulator: 14, depth: 0.45, depthEnvelope: envelope(0, 0.22, 0, 0.1), gain: 0.35 },
    ],
    amplitude: envelope(0.002, 4.5, 0, 0.18),
    gain: 0.27,
  },
  bell: {
    pairs: [
      { carrier: 1, modulator: 3.5, depth: 1.9, depthEnvelope: envelope(0, 1.6, 0, 1), gain: 0.6 },
      { carrier: 2.01, modulator: 5.4, depth: 0.9, depthEnvelope: envelope(0, 0.7, 0, 0.7), gain: 0.25 },
    ],
    amplitude: envelope(0.001, 3.2, 0, 1.4),
    gain: 0.27,
  },
}

/** Roots were measured with an autocorrelation (McLeod) over the sounding part of each recording. */
const SAMPLERS: Partial<Record<InstrumentName, SamplerPatch>> = {
  'bass-round': { sample: 'bass_thick_c', root: 35.92, loop: null, amplitude: envelope(0.001, 1, 1, 0.08), gain: 0.28 },
  'bass-wood': { sample: 'bass_woodsy_c', root: 35.94, loop: null, amplitude: envelope(0.001, 1, 1, 0.08), gain: 0.28 },
  'bass-trance': { sample: 'bass_trance_c', root: 35.97, loop: null, amplitude: envelope(0.001, 1, 1, 0.08), gain: 0.28 },
  'bass-voice': { sample: 'bass_voxy_c', root: 36.04, loop: null, amplitude: envelope(0.001, 1, 1, 0.12), gain: 0.28 },
  glass: {
    sample: 'ambi_glass_rub',
    root: 77.97,
    loop: { from: 0.8, to: 2.4, fade: 0.35 },
    amplitude: envelope(0.05, 1, 1, 0.35),
    gain: 0.24,
  },
  'glass-hum': {
    sample: 'ambi_glass_hum',
    root: 45.05,
    loop: { from: 4, to: 8.5, fade: 1.5 },
    amplitude: envelope(0.15, 1, 1, 0.8),
    gain: 0.3,
  },
  'voice-tone': { sample: 'tbd_voctone', root: 73.97, loop: null, amplitude: envelope(0.004, 1, 1, 0.3), gain: 0.24 },
  'drum-tuned': { sample: 'tabla_tun1', root: 63.18, loop: null, amplitude: envelope(0.001, 1, 1, 0.4), gain: 0.26 },
  'bell-short': { sample: 'elec_bell', root: 59.78, loop: null, amplitude: envelope(0.001, 1, 1, 0.3), gain: 0.24 },
}

const isInstrument = (name: string): name is InstrumentName => INSTRUMENTS.some((one) => one.name === name)

/** Makes an instrument ready to play; undefined for a name nobody has. */
export const loadInstrument = async (name: string): Promise<MakeVoice | undefined> => {
  if (!isInstrument(name)) return undefined
  const synth = SYNTHS[name]
  if (synth) return subtractive(synth)
  const modulation = MODULATED[name]
  if (modulation) return modulated(modulation)
  const sampler = SAMPLERS[name]
  return sampler ? sampled(sampler) : undefined
}
