import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { buildFixtures, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import { connectHost, hostCommands, spawnNodeHost, TRANSPORTS } from './index.ts'
import { noiseBlock, openPlugin, PATIENCE_MS, run, silentBlock, START, startHost, valueIn } from './testing/host-rig.ts'

const fixtures = await buildFixtures()
if (!fixtures) process.stderr.write(`${NO_FIXTURES}\n`)
const at = (name: Parameters<NonNullable<typeof fixtures>['plugin']>[0]): { readonly path: string; readonly id: string } =>
  (fixtures as NonNullable<typeof fixtures>).plugin(name)

/** Indices of the parameters of `on-demand`. */
const [CRASH, HANG, SLEEP, QUIT, FAIL] = [0, 1, 3, 4, 5] as const

const isRunning = (pid: number): boolean => {
  try {
    // A process that has ended stays listed until its parent, who may be gone or busy, takes note.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const leftovers = (engine: number): readonly string[] => [
  ...readdirSync(tmpdir()).filter((name) => name.startsWith(`stemma-host-${engine}-`)),
  ...readdirSync('/dev/shm').filter((name) => name.startsWith(`stemma-mem-${engine}-`)),
]

describe.skipIf(!fixtures).each(TRANSPORTS)('a host behind %s', (transport) => {
  it('is known to be gone at once when a plugin crashes, whatever the deadline, and who it was', async () => {
    for (const trouble of [CRASH, QUIT]) {
      const { host } = await startHost({ transport })
      await openPlugin(host, at('gain'))
      const { instance } = await openPlugin(host, at('on-demand'))
      const input = noiseBlock(512)
      expect(run(host, { instance, input }).output).toEqual(input)
      const before = performance.now()
      const { reply, output } = run(host, {
        instance,
        input,
        parameters: [{ frame: 100, parameter: trouble, value: 1 }],
        deadlineMs: 60_000,
      })
      expect(performance.now() - before).toBeLessThan(2_000)
      expect(reply).toMatchObject({ ok: false, error: { kind: 'gone' } })
      expect(output).toEqual(silentBlock(512))
      if (transport === 'shm') expect(host.suspect()).toBe(instance)
      expect(host.call(hostCommands.ping(), PATIENCE_MS)).toMatchObject({ ok: false, error: { kind: 'gone' } })
      expect(host.gone).not.toBeNull()
      host.close()
    }
  })

  it('is late at the deadline when a plugin hangs, stays so, and ends when it is closed', async () => {
    const { host, ended } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('on-demand'))
    const before = performance.now()
    const hung = run(host, { instance, input: noiseBlock(512), parameters: [{ frame: 0, parameter: HANG, value: 1 }], deadlineMs: 50 })
    const took = performance.now() - before
    expect(hung.reply).toEqual({ ok: false, error: { kind: 'late' } })
    expect(took).toBeGreaterThan(45)
    expect(took).toBeLessThan(1_000)
    if (transport === 'shm') expect(host.suspect()).toBe(instance)
    expect(run(host, { instance, input: noiseBlock(512), deadlineMs: 20 }).reply).toEqual({ ok: false, error: { kind: 'late' } })
    const { processId } = host
    host.close()
    await ended
    expect(isRunning(processId)).toBe(false)
  })

  it('drops what comes too late and is in step again', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('on-demand'))
    const set = (parameter: number, value: number): unknown =>
      valueIn(host.call(hostCommands.setValues(instance, [{ parameter, value }]), PATIENCE_MS))
    set(SLEEP, 300)
    const slow = run(host, { instance, input: noiseBlock(512, 1), deadlineMs: 30 })
    expect(slow.reply).toEqual({ ok: false, error: { kind: 'late' } })
    expect(slow.output).toEqual(silentBlock(512))
    const input = noiseBlock(512, 2)
    set(SLEEP, 0)
    expect(run(host, { instance, input }).output).toEqual(input)
  })

  it('is busy, not blocking, while something long is awaited', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('gain'))
    const opening = host.callLater(
      hostCommands.open({ format: 'clap', sampleRate: 48_000, isOffline: false, ...at('many-parameters') }),
      PATIENCE_MS,
    )
    const next = host.callLater(hostCommands.ping(), PATIENCE_MS)
    await delay(1)
    expect(run(host, { instance, input: noiseBlock(512) }).reply).toEqual({ ok: false, error: { kind: 'busy' } })
    expect([(await opening).ok, (await next).ok]).toEqual([true, true])
    const input = noiseBlock(512)
    expect(run(host, { instance, input }).output).toEqual(input)
  })

  it('says why a plugin would not, and goes on with the others', async () => {
    const { host } = await startHost({ transport })
    const { instance } = await openPlugin(host, at('on-demand'))
    const neighbour = await openPlugin(host, at('gain'))
    for (const name of ['refuse-activate', 'missing-ports'] as const) {
      const opened = await host.callLater(
        hostCommands.open({ format: 'clap', sampleRate: 48_000, isOffline: false, ...at(name) }),
        PATIENCE_MS,
      )
      if (!opened.ok) expect(opened.error).toMatchObject({ kind: 'refused' })
    }
    valueIn(host.call(hostCommands.setValues(instance, [{ parameter: FAIL, value: 1 }]), PATIENCE_MS))
    const failed = run(host, { instance, input: noiseBlock(64) })
    expect(failed.reply).toMatchObject({ ok: false, error: { kind: 'refused' } })
    const input = noiseBlock(64)
    expect(run(host, { instance: neighbour.instance, input }).output).toEqual(input)
  })

  it.each(['crash-in-activate', 'hang-in-activate'] as const)(
    'is given up on when a plugin does its worst while it opens: %s',
    async (name) => {
      const { host, ended } = await startHost({ transport })
      const opened = await host.callLater(hostCommands.open({ format: 'clap', sampleRate: 48_000, isOffline: false, ...at(name) }), 1_000)
      expect(opened).toMatchObject({ ok: false, error: { kind: name.startsWith('crash') ? 'gone' : 'late' } })
      host.close()
      await ended
    },
  )

  it.each(['crash-in-save', 'hang-in-save', 'crash-in-load', 'hang-in-load'] as const)(
    'is given up on when a plugin does so with its state: %s',
    async (name) => {
      const { host, ended } = await startHost({ transport })
      const { instance } = await openPlugin(host, at(name))
      const command = name.endsWith('save') ? hostCommands.saveState(instance) : hostCommands.loadState(instance, new Uint8Array([1, 2, 3]))
      expect(host.call<unknown>(command, 500)).toMatchObject({ ok: false, error: { kind: name.startsWith('crash') ? 'gone' : 'late' } })
      host.close()
      await ended
    },
  )

  it('is known to be gone although a plugin has forked, and the fork holds on to the pipes', async () => {
    const { host } = await startHost({ transport })
    await openPlugin(host, at('forks'))
    process.kill(host.processId, 'SIGKILL')
    const before = performance.now()
    expect(host.call(hostCommands.ping(), 60_000)).toMatchObject({ ok: false, error: { kind: 'gone' } })
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it.each(['waits', 'hangs'])('ends when its engine is killed while it %s, and nothing is left', async (what) => {
    const folder = mkdtempSync(join(tmpdir(), 'stemma-test-'))
    const program = join(folder, 'engine.ts')
    const module = (path: string): string => JSON.stringify(join(import.meta.dirname, path))
    writeFileSync(
      program,
      `import { connectHost, hostCommands, spawnNodeHost } from ${module('index.ts')}
const { value: host } = await connectHost(spawnNodeHost, { transport: '${transport}' })
const opened = await host.callLater(hostCommands.open(${JSON.stringify({ format: 'clap', sampleRate: 48_000, isOffline: false, ...at('on-demand') })}), 10000)
process.stdout.write(host.processId + '\\n')
if ('${what}' === 'hangs') {
  host.call(hostCommands.setValues(opened.value.instance, [{ parameter: ${HANG}, value: 1 }]), 1000)
  const silent = [new Float32Array(64), new Float32Array(64)]
  const steps = [{ instance: opened.value.instance, parameters: [], notes: [], sidechain: null }]
  host.run({ frames: 64, input: silent, output: silent, steps, timeline: ${JSON.stringify(START)}, wantsOutputs: false }, 60000)
}
setInterval(() => {}, 1000)
`,
    )
    const engine = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const hostId = await new Promise<number>((resolve) => engine.stdout.once('data', (text) => resolve(Number(text))))
    await delay(300)
    expect(isRunning(hostId)).toBe(true)
    expect(leftovers(engine.pid as number)).toEqual([])
    engine.kill('SIGKILL')
    await expect.poll(() => isRunning(hostId), { timeout: 5_000 }).toBe(false)
    expect(leftovers(engine.pid as number)).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('is one of four that four threads run at once', async () => {
    const threads = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => {
        const { host } = await startHost({ transport })
        const { instance } = await openPlugin(host, at('gain'), { values: { '1': -seed } })
        const ticket = host.handOver()
        expect(host.call(hostCommands.ping(), PATIENCE_MS)).toMatchObject({ ok: false, error: { kind: 'gone' } })
        const worker = new Worker(new URL('./testing/run-blocks.fixture.ts', import.meta.url), { workerData: { ticket, instance, seed } })
        return new Promise<{ readonly late: number; readonly wrong: number }>((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
        })
      }),
    )
    expect(threads).toEqual([1, 2, 3, 4].map(() => ({ late: 0, wrong: 0 })))
  })
})

describe('a host that cannot start', () => {
  it('is told apart from one that is slow, and leaves nothing', async () => {
    const ended = await connectHost(() => ({ onExit: (listener) => setTimeout(listener, 10), kill: () => {} }))
    expect(ended).toMatchObject({ ok: false, error: { kind: 'gone' } })
    const slow = await connectHost(() => ({ onExit: () => {}, kill: () => {} }), { timeoutMs: 50 })
    expect(slow).toEqual({ ok: false, error: { kind: 'late' } })
    expect(leftovers(process.pid)).toEqual([])
  })

  it('leaves by itself where its engine has left', async () => {
    let exited: Promise<void> = Promise.resolve()
    await connectHost(
      (endpoint, environment) => {
        rmSync(endpoint.folder, { recursive: true })
        const spawned = spawnNodeHost(endpoint, environment)
        exited = new Promise((resolve) => spawned.onExit(resolve))
        return { onExit: spawned.onExit, kill: () => {} }
      },
      { timeoutMs: 5_000 },
    )
    await exited
    expect(existsSync('/dev/shm') && leftovers(process.pid)).toEqual([])
  })
})
