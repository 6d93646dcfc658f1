// Notes out of sound: how fast, how right on material whose notes are known, and whether memory stays where it was over a hundred runs.
import { join } from 'node:path'
import { judge, type Outcome } from '../compare.ts'
import { measure } from '../measure.ts'

interface Rates {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

interface Report {
  readonly timesRealtime: number
  readonly computedMs: number
  readonly melody: Rates
  readonly chords: Rates
  readonly medianLateMs: number
  readonly runs: number
  readonly rssFirstMiB: number
  readonly rssLastMiB: number
  readonly tensorsLeft: number
}

export const transcriptionCases = async ({ node }: { readonly node: string }): Promise<readonly Outcome[]> => {
  const { stdout } = await measure({ file: node, args: [join(import.meta.dirname, '../runners/transcription.ts')] }, { withMemory: false })
  const report = JSON.parse(stdout) as Report
  const { melody, chords, timesRealtime, rssFirstMiB, rssLastMiB, runs } = report
  const base = { rounds: 1, peer: null, wallRatio: null, cpuRatio: null, peakMemoryMiB: null }
  return [
    {
      ...base,
      name: 'transcription-speed',
      ours: { wallMs: report.computedMs, cpuMs: null },
      target: judge({ figure: 'timesRealtime', limit: 10, is: 'at least' }, timesRealtime),
      figures: { timesRealtime },
      notes: 'fourteen pieces of 20 s, model loaded, one thread',
    },
    {
      ...base,
      name: 'transcription-notes',
      ours: null,
      target: judge({ figure: 'melodyF1', limit: 0.85, is: 'at least' }, melody.f1),
      figures: {
        melodyF1: melody.f1,
        melodyPrecision: melody.precision,
        melodyRecall: melody.recall,
        chordsF1: chords.f1,
        chordsPrecision: chords.precision,
        chordsRecall: chords.recall,
        medianLateMs: report.medianLateMs,
      },
      notes:
        'known notes on our instruments and by additive synthesis; exact pitch, beginning within 50 ms; chords include an organ whose stops are octaves',
    },
    {
      ...base,
      name: 'transcription-memory',
      ours: null,
      target: judge({ figure: 'growth', limit: 1.1, is: 'at most' }, rssLastMiB / rssFirstMiB),
      figures: { growth: rssLastMiB / rssFirstMiB, rssFirstMiB, rssLastMiB, runs, tensorsLeft: report.tensorsLeft },
      notes: `resident memory, highest in the last ten of ${runs} transcriptions of 4 s against the first ten`,
    },
  ]
}
