// Measures whole processes: wall time, CPU time of the process and all it started, and the highest memory of the whole tree.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Measured {
  readonly wallMs: number
  readonly cpuMs: number
  /** Highest sum of proportional set sizes (PSS) of the process tree, MiB; null where it was not asked for or `/proc` cannot tell. */
  readonly peakMemoryMiB: number | null
  readonly stdout: string
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)]

const pssKiB = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const SAMPLE_MS = 40

/** Samples the memory of a process and all below it until stopped; returns the peak in MiB, null where `/proc` cannot tell. */
const watchMemory = (pid: number | undefined): (() => number | null) => {
  let peakKiB = 0
  const timer = setInterval(() => {
    if (pid !== undefined)
      peakKiB = Math.max(
        peakKiB,
        treeOf(pid).reduce((sum, one) => sum + pssKiB(one), 0),
      )
  }, SAMPLE_MS)
  return () => {
    clearInterval(timer)
    return peakKiB > 0 ? peakKiB / 1024 : null
  }
}

/** Runs a command to its end; throws where it fails. Watching memory costs a little time, so timed runs go without. */
export const measure = async ({ file, args }: Command, { withMemory }: { readonly withMemory: boolean }): Promise<Measured> => {
  const scratch = mkdtempSync(join(tmpdir(), 'stemma-bench-'))
  const times = join(scratch, 'times')
  const errors = join(scratch, 'errors')
  // bash's own `time` counts every descendant that was waited for, which Node does not report for children.
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" 2>"$STEMMA_BENCH_ERRORS"; } 2>"$STEMMA_BENCH_TIMES"'
  const child = spawn('bash', ['-c', script, 'bench', file, ...args], {
    env: { ...process.env, STEMMA_BENCH_TIMES: times, STEMMA_BENCH_ERRORS: errors },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stopWatching = withMemory ? watchMemory(child.pid) : () => null
  try {
    let stdout = ''
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString()
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    const peakMemoryMiB = stopWatching()
    if (code !== 0)
      throw new Error(
        `${file} ${args.join(' ').slice(0, 400)} ended with ${code}: ${readFileSync(errors, 'utf8').slice(-2_000)} ${stdout.slice(-500)}`,
      )
    const [wall = 0, user = 0, system = 0] = readFileSync(times, 'utf8').trim().split(/\s+/).map(Number)
    return { wallMs: wall * 1_000, cpuMs: (user + system) * 1_000, peakMemoryMiB, stdout }
  } finally {
    stopWatching()
    rmSync(scratch, { recursive: true, force: true })
  }
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** Whether a program can be run here. */
export const isInstalled = (program: string, versionFlag = '-version'): boolean =>
  spawnSync(program, [versionFlag], { stdio: 'ignore' }).status === 0
