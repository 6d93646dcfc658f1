// The `stemma` command as a person runs it: a real process, no terminal to ask on, its output read whole. Built where the build is up to date,
// otherwise from source; the same program either way.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { isFresh } from '../../scripts/parts/build.mjs'
import { childEnv, inRoot, node24 } from '../../scripts/parts/project.mjs'

const entry = isFresh() ? inRoot('out/main/cli.js') : inRoot('src-main/cli/main.ts')

export interface CliRun {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Of the process and its children together, each at its own peak; 0 where the platform does not tell. */
  readonly peakMemoryMiB: number
}

/** Watches resident memory of a process and its children until it is told to stop. */
const watchMemory = (pid: number | undefined): (() => number) => {
  const peaks = new Map<number, number>()
  const look = (one: number): void => {
    try {
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))
      if (peak) peaks.set(one, Number(peak[1]) / 1024)
      for (const child of readFileSync(`/proc/${one}/task/${one}/children`, 'utf8').split(' ').filter(Boolean)) look(Number(child))
    } catch {
      // It is gone, or this is no Linux.
    }
  }
  const timer = setInterval(() => pid !== undefined && look(pid), 100)
  return () => {
    clearInterval(timer)
    return [...peaks.values()].reduce((sum, peak) => sum + peak, 0)
  }
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly done: Promise<CliRun>
  /** Resolves with the first line on standard output. */
  readonly firstLine: Promise<string>
}

export interface CliOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly nodeArgs?: readonly string[]
}

/** Starts a command; standard input is closed, so a prompt would end it or hang it. */
export const startCli = (args: readonly string[], { cwd, env, timeoutMs = 240_000, nodeArgs = [] }: CliOptions = {}): RunningCli => {
  const child = spawn(node24, ['--disable-warning=ExperimentalWarning', ...nodeArgs, entry, ...args], {
    cwd: cwd ?? process.cwd(),
    env: childEnv({ ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const peakMemory = watchMemory(child.pid)
  let stdout = ''
  let stderr = ''
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const end = stdout.indexOf('\n')
      if (end >= 0) resolve(stdout.slice(0, end))
    })
    child.on('close', () => reject(new Error(`it ended before it said anything: ${stderr}`)))
  })
  firstLine.catch(() => {})
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const done = new Promise<CliRun>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr, peakMemoryMiB: peakMemory() })
    })
  })
  return { child, done, firstLine }
}

export const runCli = (args: readonly string[], options?: CliOptions): Promise<CliRun> => startCli(args, options).done

// biome-ignore lint/suspicious/noExplicitAny: documents of many shapes, read by assertions that fail where they differ
export type Json = any

/** The one document a `--json` command prints. Fails where there is anything else, or a stack trace anywhere. */
export const documentOf = (run: CliRun): Json => {
  expect(run.signal, `ended by ${run.signal}: ${run.stderr}`).toBeNull()
  expect(run.stderr, 'a stack trace reached the user').not.toMatch(/^\s+at .+:\d+:\d+/m)
  try {
    return JSON.parse(run.stdout)
  } catch {
    throw new Error(`not one JSON document (code ${run.code}): ${run.stdout.slice(0, 500)}\n${run.stderr.slice(0, 2_000)}`)
  }
}

/** A command line bound to one home. */
export const stemmaIn = (homeDir: string, defaults: CliOptions = {}) => {
  const full = (args: readonly string[]) => [...args, '--home', homeDir, '--json']
  return {
    homeDir,
    start: (args: readonly string[], options: CliOptions = {}) => startCli(full(args), { ...defaults, ...options }),
    run: (args: readonly string[], options: CliOptions = {}) => runCli(full(args), { ...defaults, ...options }),
    /** Runs, checks the exit code, returns the document. */
    json: async (args: readonly string[], code: 0 | 1 | 2 = 0, options: CliOptions = {}): Promise<Json> => {
      const run = await runCli(full(args), { ...defaults, ...options })
      const document = documentOf(run)
      expect(run.code, `${args.join(' ')} → ${run.stdout.slice(0, 1_500)}${run.stderr.slice(0, 500)}`).toBe(code)
      return document
    },
  }
}

export type Stemma = ReturnType<typeof stemmaIn>

/** `stemma serve` as a process; `stop` ends it by the signal a service manager sends. */
export const serve = async (dir: string, catalogue: readonly string[], args: readonly string[] = [], timeoutMs = 600_000) => {
  const running = startCli(
    ['serve', '--home', dir, '--data', join(dir, 'service'), '--json', ...catalogue.flatMap((one) => ['--catalogue', one]), ...args],
    { timeoutMs },
  )
  const told = JSON.parse(await running.firstLine) as { readonly url: string; readonly refusedPacks: readonly { readonly code: string }[] }
  return {
    ...told,
    dir,
    stop: async (): Promise<CliRun> => {
      running.child.kill('SIGTERM')
      return running.done
    },
  }
}
