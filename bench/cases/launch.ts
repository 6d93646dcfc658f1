// How long until the window can be used: from starting the process to the first screen, in a real Electron, under Xvfb where there is no display.
import { join } from 'node:path'
import { judge, type Outcome, skip } from '../compare.ts'
import { isInstalled, measure, median } from '../measure.ts'

const TARGET = { figure: 'wallMs', limit: 2_500, is: 'at most' } as const

export const launchCase = async ({ rounds, node }: { readonly rounds: number; readonly node: string }): Promise<Outcome> => {
  const own = [node, join(import.meta.dirname, '../runners/launch.ts'), String(rounds)]
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined
  if (!hasDisplay && !isInstalled('xvfb-run', '--help'))
    return skip('launch', 'display', 'there is no display and xvfb-run is not installed')
  const [file = node, ...args] = hasDisplay ? own : ['xvfb-run', '-a', ...own]
  const { first, again } = JSON.parse((await measure({ file, args }, { withMemory: false })).stdout) as { first: number; again: number[] }
  const { peakMemoryMiB } = await measure({ file, args: [...args.slice(0, -1), '1'] }, { withMemory: true })
  const wallMs = median(again)
  return {
    name: 'launch',
    rounds,
    ours: { wallMs, cpuMs: null },
    peer: null,
    wallRatio: null,
    cpuRatio: null,
    peakMemoryMiB,
    target: judge(TARGET, wallMs),
    figures: { firstEverMs: first },
    notes:
      'process start to first screen; the very first start, which also makes the demo catalogue, is in figures; memory includes the driver',
  }
}
