// Plugins while they play: how long until a knob is heard, and until a crashed one is back; nothing else may be late for it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { judge, type Outcome, skip } from '../compare.ts'
import { denseStem } from '../material.ts'
import { measure } from '../measure.ts'
import { AMP } from './plugin-chain.ts'

const RUNNER = join(import.meta.dirname, '../runners/plugin-live.ts')
const MOST_KNOB_MS = 60
const MOST_RECOVERY_MS = 300

export const pluginLiveCases = async ({
  rounds,
  node,
}: {
  readonly rounds: number
  readonly node: string
}): Promise<readonly Outcome[]> => {
  if (!existsSync(AMP.path)) return [skip('plugin-live', 'a plugin that plays', `${AMP.id} is not installed`)]
  const args = [RUNNER, denseStem(1, 180), String(rounds * 8), String(rounds)]
  const figures = JSON.parse((await measure({ file: node, args }, { withMemory: false })).stdout) as Record<string, number>
  const outcome = (name: string, figure: string, limit: number, notes: string): Outcome => ({
    name,
    rounds,
    ours: null,
    peer: null,
    wallRatio: null,
    cpuRatio: null,
    peakMemoryMiB: null,
    target: judge({ figure, limit, is: 'at most' }, figures[figure] ?? null),
    figures,
    notes,
  })
  return [
    outcome(
      'plugin-live-knob',
      'knobMost',
      MOST_KNOB_MS,
      'milliseconds from a turned knob to the block that has it, as heard; the longest of all turns',
    ),
    outcome(
      'plugin-live-recovery',
      'recoveryMost',
      MOST_RECOVERY_MS,
      'milliseconds from kill -9 to the sound as before, as heard; the longest',
    ),
    outcome('plugin-live-gaps', 'gaps', 0, 'blocks of the whole mix that came late over all turns and kills'),
  ]
}
