// `npm run -s bench -- [--only NAME] [--rounds N] --json`: every figure that is promised, measured beside its peer in the same run.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { analysisCases } from './cases/analysis.ts'
import { auditionCases } from './cases/audition.ts'
import { launchCase } from './cases/launch.ts'
import { memoryCase } from './cases/memory.ts'
import { mixCase } from './cases/mix.ts'
import { peaksCase } from './cases/peaks.ts'
import { pluginHostCases } from './cases/plugin-host.ts'
import { pluginLiveCases } from './cases/plugin-live.ts'
import { potassiumCases } from './cases/potassium.ts'
import { receiptsCase } from './cases/receipts.ts'
import { transcriptionCases } from './cases/transcription.ts'
import { stretchCases } from './cases/stretch.ts'
import { variationCases } from './cases/variations.ts'
import type { Outcome } from './compare.ts'

const leave = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

const options = (() => {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return leave(error instanceof Error ? error.message : String(error))
  }
})()
const rounds = Number(options.rounds)
if (!Number.isInteger(rounds) || rounds < 1) leave('--rounds takes a whole number from 1 up.')
const node = process.execPath

/** Each may give several outcomes. Names are matched by their start, so that `--only mix` runs all mixes. */
const cases: Readonly<Record<string, () => Promise<readonly Outcome[]>>> = {
  'mix-1-thread': async () => [await mixCase({ threads: 1, isFirst: true, rounds, node })],
  'mix-2-threads': async () => [await mixCase({ threads: 2, isFirst: true, rounds, node })],
  'mix-again-1-thread': async () => [await mixCase({ threads: 1, isFirst: false, rounds, node })],
  'mix-again-2-threads': async () => [await mixCase({ threads: 2, isFirst: false, rounds, node })],
  potassium: () => potassiumCases({ rounds, node }),
  'memory-stems': async () => [
    await memoryCase({ name: 'memory-32-stems-against-8', small: [8, 180], large: [32, 180], atMost: 1.3, rounds, node }),
  ],
  'memory-length': async () => [
    await memoryCase({ name: 'memory-600s-against-60s', small: [8, 60], large: [8, 600], atMost: 1.1, rounds, node }),
  ],
  'plugin-host': () => pluginHostCases({ rounds, node }),
  'plugin-live': () => pluginLiveCases({ rounds, node }),
  peaks: async () => [await peaksCase({ rounds, node })],
  receipts: async () => [await receiptsCase({ rounds, node })],
  stretch: () => stretchCases({ rounds, node }),
  transcription: () => transcriptionCases({ node }),
  analysis: () => analysisCases({ node }),
  variations: () => variationCases({ node }),
  audition: () => auditionCases({ node }),
  launch: async () => [await launchCase({ rounds, node })],
}

const print = ({ name, ours, peer, wallRatio, cpuRatio, peakMemoryMiB, target }: Outcome): void => {
  const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`
  const parts = [
    ...(ours ? [`${ms(ours.wallMs)}${ours.cpuMs === null ? '' : ` (${ms(ours.cpuMs)} CPU)`}`] : []),
    ...(peer ? ['skipped' in peer ? `${peer.name} skipped: ${peer.skipped}` : `${peer.name} ${ms(peer.wallMs)}`] : []),
    ...(wallRatio === null ? [] : [`wall ×${wallRatio.toFixed(2)}`]),
    ...(cpuRatio === null ? [] : [`CPU ×${cpuRatio.toFixed(2)}`]),
    ...(peakMemoryMiB === null ? [] : [`${peakMemoryMiB.toFixed(0)} MiB`]),
    ...(target?.value == null
      ? []
      : [`${target.figure} ${target.value.toFixed(2)}, ${target.is} ${target.limit}: ${target.isMet ? 'met' : 'MISSED'}`]),
  ]
  process.stdout.write(`${name}: ${parts.join(', ')}\n`)
}

const isWanted = (name: string): boolean => options.only?.some((wanted) => name.startsWith(wanted)) ?? true
const unknown = (options.only ?? []).filter((wanted) => !Object.keys(cases).some((name) => name.startsWith(wanted)))
if (unknown.length > 0) leave(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}.`)
if (!existsSync(join(import.meta.dirname, '../out/main/engine.js'))) leave('The app is not built; run `npm run build` first.')

const results: Outcome[] = []
for (const [name, run] of Object.entries(cases)) {
  if (!isWanted(name)) continue
  process.stderr.write(`${name} …\n`)
  for (const outcome of await run()) {
    results.push(outcome)
    if (!options.json) print(outcome)
  }
}
if (options.json) process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`)
