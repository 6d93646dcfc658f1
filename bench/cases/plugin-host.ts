// Plugins in a process of their own: what a block costs more than in this one, and how fast sound goes through a chain, against the same chain in this
// process and against lv2proc, which calls the same plugins in a plain native loop.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TRANSPORTS, type TransportKind } from '../../src-engine/plugins/client/index.ts'
import { judge, type Outcome, skip } from '../compare.ts'
import { denseStem, scratchDir } from '../material.ts'
import { isInstalled, measure, median } from '../measure.ts'
import { CHAIN, LIGHT } from './plugin-chain.ts'

interface Options {
  readonly rounds: number
  readonly node: string
}

/** Microseconds per block of 512 frames. */
const MOST_OVERHEAD: Readonly<Record<TransportKind, number>> = { shm: 5, pipe: 30 }
const MOST_CHAIN_RATIO = 1.1
const SECONDS = 180

const RUNNER = join(import.meta.dirname, '../runners/plugin-host.ts')

const runnerOf =
  (node: string) =>
  async (...args: readonly string[]): Promise<Readonly<Record<string, number>>> =>
    JSON.parse((await measure({ file: node, args: [RUNNER, ...args] }, { withMemory: false })).stdout)

const overheadCase = async (transport: TransportKind, { rounds, node }: Options): Promise<Outcome> => {
  const name = `plugin-host-${transport}`
  if (!existsSync(LIGHT.path)) return skip(name, 'the plugin in this process', `${LIGHT.id} is not installed`)
  const runs: Readonly<Record<string, number>>[] = []
  for (let round = 0; round < rounds; round++) runs.push(await runnerOf(node)('overhead', transport))
  const of = (figure: string): number => median(runs.map((run) => run[figure] ?? Number.NaN))
  const overheadP50 = of('overheadP50')
  return {
    name,
    rounds,
    ours: { wallMs: of('roundTripP50') / 1_000, cpuMs: null },
    peer: { name: 'the plugin in this process', wallMs: of('directP50') / 1_000, cpuMs: null },
    wallRatio: null,
    cpuRatio: null,
    peakMemoryMiB: null,
    target: judge({ figure: 'overheadMicroseconds', limit: MOST_OVERHEAD[transport], is: 'at most' }, overheadP50),
    figures: {
      overheadP50Microseconds: overheadP50,
      overheadP99Microseconds: of('overheadP99'),
      roundTripP50Microseconds: of('roundTripP50'),
    },
    notes: '20,000 blocks of 512 frames through a small reverb, there and back; medians over the rounds of each run’s median',
  }
}

const PEER = 'lv2proc'

/** Milliseconds that the plugins of the chain take one after the other in lv2proc, files aside. */
const nativeMs = async (wav: string): Promise<number> => {
  let seconds = 0
  for (const { id } of CHAIN) {
    const args = ['--timing', '-n', '512', '-i', wav, '-o', join(scratchDir(), 'lv2proc.wav'), id]
    const { stdout } = await measure({ file: PEER, args }, { withMemory: false })
    seconds += Number(/Processing time:\s*([\d.e+-]+)/.exec(stdout)?.[1])
  }
  return seconds * 1_000
}

const chainCase = async (transport: TransportKind, { rounds, node }: Options): Promise<Outcome> => {
  const name = `plugin-host-chain-${transport}`
  const missing = CHAIN.find(({ path }) => !existsSync(path))
  if (missing) return skip(name, PEER, `${missing.id} is not installed`)
  const wav = denseStem(0, SECONDS)
  const hasPeer = isInstalled(PEER, '--version')
  const [hosted, here, native]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    const [there, direct] = [await runnerOf(node)('chain', transport, wav), await runnerOf(node)('chain', 'here', wav)]
    if (there.hash !== direct.hash) throw new Error('a chain sounds different in a host')
    hosted.push(there.wallMs ?? Number.NaN)
    here.push(direct.wallMs ?? Number.NaN)
    if (hasPeer) native.push(await nativeMs(wav))
  }
  const wallMs = median(hosted)
  const wallRatio = hasPeer ? wallMs / median(native) : null
  return {
    name,
    rounds,
    ours: { wallMs, cpuMs: null },
    peer: hasPeer ? { name: PEER, wallMs: median(native), cpuMs: null } : { name: PEER, skipped: 'lv2proc is not installed' },
    wallRatio,
    cpuRatio: null,
    peakMemoryMiB: null,
    target: judge({ figure: 'wallRatio', limit: MOST_CHAIN_RATIO, is: 'at most' }, wallRatio),
    figures: { inThisProcessMs: median(here), ratioToThisProcess: wallMs / median(here), timesRealtime: (SECONDS * 1_000) / wallMs },
    notes: `${SECONDS} s of stereo through a reverb, a compressor and a small reverb; the same samples come out of the host and of this process`,
  }
}

/** Overheads and chains over both transports. */
export const pluginHostCases = async (options: Options): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const transport of TRANSPORTS) outcomes.push(await overheadCase(transport, options), await chainCase(transport, options))
  return outcomes
}
