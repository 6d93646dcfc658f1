// Peaks of 180 s of stereo: the collector that every decoded stem runs through, in a warm process, against a plain C loop compiled here.
import { join } from 'node:path'
import { judge, type Outcome } from '../compare.ts'
import { scratchDir } from '../material.ts'
import { isInstalled, measure, median } from '../measure.ts'

const TARGET = { figure: 'wallRatio', limit: 4, is: 'at most' } as const

/** Both sides time 15 builds inside their process and print the median; that is repeated `rounds` times in turn. */
export const peaksCase = async ({ rounds, node }: { readonly rounds: number; readonly node: string }): Promise<Outcome> => {
  const ours = { file: node, args: [join(import.meta.dirname, '../runners/peaks.ts')] }
  const hasCompiler = isInstalled('gcc', '--version')
  const peer = { file: join(scratchDir(), 'peaks-peer'), args: [] }
  if (hasCompiler) {
    const args = ['-O3', '-march=native', '-o', peer.file, join(import.meta.dirname, 'peaks-peer.c')]
    await measure({ file: 'gcc', args }, { withMemory: false })
  }
  const ourTimes: number[] = []
  const peerTimes: number[] = []
  for (let round = 0; round < rounds; round++) {
    ourTimes.push(Number((await measure(ours, { withMemory: false })).stdout))
    if (hasCompiler) peerTimes.push(Number((await measure(peer, { withMemory: false })).stdout))
  }
  const { peakMemoryMiB } = await measure(ours, { withMemory: true })
  const wallMs = median(ourTimes)
  const name = 'plain C loop, gcc -O3 -march=native'
  const wallRatio = hasCompiler ? wallMs / median(peerTimes) : null
  return {
    name: 'peaks-180s-stereo',
    rounds,
    ours: { wallMs, cpuMs: null },
    peer: hasCompiler ? { name, wallMs: median(peerTimes), cpuMs: null } : { name, skipped: 'gcc is not installed' },
    wallRatio,
    cpuRatio: null,
    peakMemoryMiB,
    target: judge(TARGET, wallRatio),
    notes: 'samples in memory, all levels, in a warm process on both sides; one thread each, so wall time is CPU time',
  }
}
