// A small remix for tests: three stems, one of them at 44.1 kHz, at 90 BPM.
import type { NewId } from '../std/index.ts'
import { createRemix, type WorkFacts } from './new-remix.ts'
import type { PluginUse, RemixSnapshot } from './records.ts'

/** Ids `x:1`, `x:2`… so that tests read and repeat. */
export const countingIds = (prefix = 'x'): NewId => {
  let count = 0
  return () => `${prefix}:${++count}`
}

const stem = (n: number, title: string, role: WorkFacts['stems'][number]['role'], sampleRate = 48_000, seconds = 60) => ({
  id: `urn:stemma:stem:${n}`,
  title,
  role,
  contentSha256: n.toString(16).padStart(64, '0'),
  sampleRate,
  channels: 2,
  lengthFrames: seconds * sampleRate,
  isrc: null,
})

export const WORK_FACTS: WorkFacts = {
  id: 'urn:stemma:work:1',
  title: 'River',
  artists: ['A. Author'],
  milliBpm: 90_000,
  key: 'A minor',
  meter: { numerator: 4, denominator: 4 },
  sections: [
    { name: 'Intro', startBar: 1, lengthBars: 4 },
    { name: 'Verse', startBar: 5, lengthBars: 8 },
  ],
  stems: [stem(1, 'Kick', 'drums'), stem(2, 'Lead', 'vocals', 44_100), stem(3, 'Bass', 'bass')],
}

export const sampleRemix = (newId: NewId = countingIds('r')): RemixSnapshot =>
  createRemix(WORK_FACTS, { newId, now: Date.UTC(2026, 10, 22) })

/** A compressor with a sidechain input, as a document names it. */
export const PLUGIN: PluginUse = {
  format: 'lv2',
  id: 'http://calf.sourceforge.net/plugins/Compressor',
  name: 'Calf Compressor',
  vendor: 'Calf Studio Gear',
  version: '0.90.3',
  isInstrument: false,
  isGenerative: false,
  sidechainTrackId: null,
  stateSha256: null,
}

/** An instrument. */
export const SYNTH: PluginUse = {
  ...PLUGIN,
  id: 'http://calf.sourceforge.net/plugins/Monosynth',
  name: 'Calf Monosynth',
  isInstrument: true,
}
