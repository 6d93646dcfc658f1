// How often blind listening finds the tempo (within 0.5 %; half and double count as wrong) and the key of songs that are known because they were made.
import { join } from 'node:path'
import { judge, type Outcome } from '../compare.ts'
import { potassiumDir, scratchDir } from '../material.ts'
import { measure } from '../measure.ts'

const SONGS = 60

interface Reply {
  readonly songs: number
  readonly within: number
  readonly octave: number
  readonly meter: number
  readonly keyExact: number
  readonly keyUnsure: number
  readonly keyWrong: number
  readonly confidenceRight: number
  readonly confidenceWrong: number
  readonly others: {
    readonly pieces: number
    readonly within: number
    readonly keyExact: number
    readonly keyUnsure: number
    readonly keyWrong: number
  }
  readonly cpuMs: number
  readonly soundSeconds: number
  readonly misses: readonly string[]
}

/** One round: the songs are the same each time. */
export const analysisCases = async ({ node }: { readonly node: string }): Promise<readonly Outcome[]> => {
  const args = [join(import.meta.dirname, '../runners/analysis.ts'), String(SONGS), scratchDir(), potassiumDir() ?? '']
  const run = await measure({ file: node, args }, { withMemory: true })
  const reply = JSON.parse(run.stdout) as Reply
  const percent = (part: number, of: number): number => Math.round((1_000 * part) / Math.max(1, of)) / 10
  const cpuOf180s = (reply.cpuMs / reply.soundSeconds) * 180
  const common = { rounds: 1, peer: null, wallRatio: null, cpuRatio: null }
  const wrong = reply.songs - reply.within
  return [
    {
      ...common,
      name: 'analysis-tempo',
      ours: null,
      peakMemoryMiB: run.peakMemoryMiB,
      target: judge({ figure: 'tempoWithinHalfPercent', limit: 85, is: 'at least' }, percent(reply.within, reply.songs)),
      figures: {
        songs: reply.songs,
        halfOrDouble: reply.octave,
        meterRightPercent: percent(reply.meter, reply.songs),
        meanConfidenceWhereRight: reply.confidenceRight / Math.max(1, reply.within),
        meanConfidenceWhereWrong: wrong === 0 ? 0 : reply.confidenceWrong / wrong,
        realAndDemoWorks: reply.others.pieces,
        realAndDemoWithin: reply.others.within,
      },
      notes: `${SONGS} made songs, then the demo works${potassiumDir() ? ' and Potassium' : ''}; nothing stated. ${reply.misses.join('; ')}`,
    },
    {
      ...common,
      name: 'analysis-key',
      ours: null,
      peakMemoryMiB: null,
      target: judge({ figure: 'keyExactOrUnsurePercent', limit: 97, is: 'at least' }, percent(reply.songs - reply.keyWrong, reply.songs)),
      figures: {
        exactPercent: percent(reply.keyExact, reply.songs),
        unsurePercent: percent(reply.keyUnsure, reply.songs),
        wrongPercent: percent(reply.keyWrong, reply.songs),
        realAndDemoExact: reply.others.keyExact,
        realAndDemoUnsure: reply.others.keyUnsure,
        realAndDemoWrong: reply.others.keyWrong,
      },
    },
    {
      ...common,
      name: 'analysis-stem-180s',
      ours: { wallMs: cpuOf180s, cpuMs: cpuOf180s },
      peakMemoryMiB: null,
      target: judge({ figure: 'cpuMs', limit: 1_000, is: 'at most' }, cpuOf180s),
      notes: 'mean over all stems of the run, the work as a whole included',
    },
  ]
}
