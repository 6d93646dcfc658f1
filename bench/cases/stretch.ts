// Stretching 180 s of stereo by 1.25, from a WAV file to the finished sound in the cache, against Rubber Band's faster engine writing a WAV.
import { join } from 'node:path'
import { judge, type Outcome, skip } from '../compare.ts'
import { denseStem, scratchDir } from '../material.ts'
import { type Command, isInstalled, type Measured, measure, median } from '../measure.ts'

const SECONDS = 180
const TARGET = { figure: 'cpuRatio', limit: 0.6, is: 'at most' } as const
const PEER = 'rubberband -2'

interface StretchCase {
  readonly name: string
  readonly ours: readonly string[]
  readonly peer: readonly string[]
  readonly isPromised: boolean
}

const CASES: readonly StretchCase[] = [
  { name: 'stretch-180s-stereo', ours: ['1.25', '0'], peer: ['-t', '1.25'], isPromised: true },
  { name: 'transpose-180s-stereo', ours: ['1', '300'], peer: ['-p', '3'], isPromised: false },
]

const one = async ({ name, ours, peer, isPromised }: StretchCase, rounds: number, node: string): Promise<Outcome> => {
  const wav = denseStem(0, SECONDS)
  const our: Command = {
    file: node,
    args: [join(import.meta.dirname, '../runners/stretch.ts'), wav, join(scratchDir(), 'stretch'), ...ours],
  }
  const their: Command = { file: 'rubberband', args: ['-q', '-2', ...peer, wav, join(scratchDir(), 'stretch-peer.wav')] }
  const ourRuns: Measured[] = []
  const theirRuns: Measured[] = []
  for (let round = 0; round < rounds; round++) {
    ourRuns.push(await measure(our, { withMemory: false }))
    theirRuns.push(await measure(their, { withMemory: false }))
  }
  const { peakMemoryMiB } = await measure(our, { withMemory: true })
  const times = (runs: readonly Measured[]) => ({
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
  })
  const [mine, theirs] = [times(ourRuns), times(theirRuns)]
  const cpuRatio = mine.cpuMs / theirs.cpuMs
  return {
    name,
    rounds,
    ours: mine,
    peer: { name: PEER, ...theirs },
    wallRatio: mine.wallMs / theirs.wallMs,
    cpuRatio,
    peakMemoryMiB,
    target: isPromised ? judge(TARGET, cpuRatio) : null,
    figures: { bendingOnlyMs: median(ourRuns.map(({ stdout }) => Number(stdout))) },
    notes:
      'CPU time of whole processes: ours reads the WAV, stretches in one thread, writes cache and waveform; the peer may use two threads',
  }
}

export const stretchCases = async ({ rounds, node }: { readonly rounds: number; readonly node: string }): Promise<readonly Outcome[]> => {
  if (!isInstalled('rubberband', '--version')) return [skip('stretch-180s-stereo', PEER, 'rubberband is not installed')]
  const outcomes: Outcome[] = []
  for (const each of CASES) outcomes.push(await one(each, rounds, node))
  return outcomes
}
