import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Channel } from './channel.ts'
import { closeEnd, pipesOf } from './endpoint.ts'
import { AREA_BYTES, FRAME, headerBytes, MAX_PAYLOAD_BYTES } from './frame.ts'
import { addressOf, libc } from './libc.ts'
import { packCommand, readReply, readRequest, unpackCommand, writeReply, writeRequest } from './messages.ts'
import { Pipe } from './pipe.ts'
import { mapMemory, removeMemory, WORD } from './shared-memory.ts'
import { windowsPipeName, windowsPipePrefix } from './windows-pipes.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const O_NONBLOCK = process.platform === 'darwin' ? 4 : 0x800

/** Two ends of a FIFO each way, both in this process. */
const pipePair = (): { readonly engine: Pipe; readonly host: Pipe; readonly toEngine: number } => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-test-'))
  const make = (name: string): readonly [number, number] => {
    const path = join(folder, name)
    libc().mkfifo(path, 0o600)
    return [libc().open(path, O_NONBLOCK, 0), libc().open(path, O_NONBLOCK | 1, 0)]
  }
  const [requestOut, requestIn] = make('request')
  const [replyOut, replyIn] = make('reply')
  const [engine, host] = [new Pipe(pipesOf(replyOut, requestIn)), new Pipe(pipesOf(requestOut, replyIn))]
  cleanups.push(() => {
    for (const end of [requestIn, requestOut, replyIn, replyOut]) closeEnd(end)
    rmSync(folder, { recursive: true })
  })
  return { engine, host, toEngine: replyIn }
}

const raw = (end: number, bytes: Uint8Array): void => {
  expect(libc().write(end, addressOf(bytes), bytes.byteLength)).toBe(bytes.byteLength)
}

/** Both ends of a channel with memory, in this process. */
const memoryPair = (): {
  readonly engine: Channel
  readonly host: Channel
  readonly memory: ReturnType<typeof mapMemory>
  readonly toEngine: number
} => {
  const name = `/stemma-test-${process.pid}-${randomBytes(4).toString('hex')}`
  const [ours, theirs] = [mapMemory(name, true), mapMemory(name, false)]
  removeMemory(name)
  const { engine, host, toEngine } = pipePair()
  cleanups.push(() => {
    ours.release()
    theirs.release()
  })
  return { engine: new Channel(engine, ours, 'engine'), host: new Channel(host, theirs, 'host'), memory: theirs, toEngine }
}

describe('messages over a pipe', () => {
  it('arrive whole however they are cut, in order, small and large', () => {
    const { engine, host } = pipePair()
    const sizes = [0, 1, 63, 4_096, 70_000, AREA_BYTES, AREA_BYTES + 1, 5 * AREA_BYTES + 7]
    for (const [index, size] of sizes.entries()) {
      const payload = randomBytes(size)
      host.sendParts(FRAME.done, index, [payload.subarray(0, 10), payload.subarray(10)])
      for (;;) {
        host.push()
        const frame = engine.take()
        if (frame === null) continue
        expect(frame).toMatchObject({ kind: FRAME.done, sequence: index, length: size })
        expect(typeof frame !== 'string' && Buffer.compare(frame.payload, payload)).toBe(0)
        break
      }
    }
  })

  it('are found out where they are none, whatever was written', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { engine, toEngine } = pipePair()
      raw(toEngine, randomBytes(16 + seed * 10))
      expect(engine.take()).toBe('broken')
    }
    for (const [kind, length] of [
      [0, 0],
      [99, 0],
      [FRAME.done, -1],
      [FRAME.done, MAX_PAYLOAD_BYTES + 1],
      [FRAME.done, 0x7fffffff],
    ] as const) {
      const { engine, toEngine } = pipePair()
      raw(toEngine, headerBytes(kind, 1, length))
      expect(engine.take()).toBe('broken')
    }
  })

  it('cost no more memory than what came, whatever they announce', () => {
    const { engine, toEngine } = pipePair()
    raw(toEngine, headerBytes(FRAME.done, 1, MAX_PAYLOAD_BYTES))
    raw(toEngine, new Uint8Array(1_000))
    const before = process.memoryUsage().arrayBuffers
    for (let look = 0; look < 100; look++) expect(engine.take()).toBe(null)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
  })

  it('end with the other side', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stemma-test-'))
    const path = join(folder, 'pipe')
    libc().mkfifo(path, 0o600)
    const [out, into] = [libc().open(path, O_NONBLOCK, 0), libc().open(path, O_NONBLOCK | 1, 0)]
    const channel = new Channel(new Pipe(pipesOf(out, into)), null, 'engine')
    expect(channel.receive(5)).toBe('late')
    raw(into, headerBytes(FRAME.done, 7, 0))
    closeEnd(into)
    expect(channel.receive(1_000)).toMatchObject({ sequence: 7 })
    expect(channel.receive(60_000)).toBe('gone')
    closeEnd(out)
    rmSync(folder, { recursive: true })
  })
})

describe.skipIf(process.platform === 'win32')('messages through shared memory', () => {
  it('arrive, those too large for it as well', () => {
    const { engine, host } = memoryPair()
    for (const [index, size] of [0, 100, AREA_BYTES, AREA_BYTES + 1, 3 * AREA_BYTES, 5].entries()) {
      const payload = randomBytes(size)
      engine.sendParts(FRAME.command, index, [payload])
      for (;;) {
        engine.push()
        const frame = host.take()
        if (frame === null) continue
        expect(frame).toMatchObject({ kind: FRAME.command, sequence: index, length: size })
        expect(typeof frame !== 'string' && Buffer.compare(frame.payload, payload)).toBe(0)
        break
      }
    }
  })

  it('are found out where a plugin wrote over them', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { engine, memory } = memoryPair()
      const everything = new Uint8Array(memory.reply.bytes.buffer, memory.reply.bytes.byteOffset - 64, 64 + 4_096)
      everything.set(randomBytes(everything.length))
      Atomics.add(memory.words, WORD.replies, seed + 1)
      expect(engine.receive(1_000)).toBe('broken')
    }
  })

  it('do not wake anybody by a ring alone', () => {
    const { engine, toEngine } = memoryPair()
    raw(toEngine, headerBytes(FRAME.bell, 0, 0))
    expect(engine.receive(20)).toBe('late')
  })
})

describe('what messages hold', () => {
  const timeline = { frame: 12_345, isPlaying: true, bpm: 120.5, numerator: 7, denominator: 8, quarter: 3.25, barQuarter: 1, bar: 2 }
  const block = (frames: number, value: number): readonly [Float32Array, Float32Array] => [
    new Float32Array(frames).fill(value),
    new Float32Array(frames).fill(-value),
  ]
  const request = {
    frames: 700,
    input: block(700, 0.5),
    output: block(700, 0),
    steps: [
      {
        instance: 3,
        parameters: [{ frame: 5, parameter: 9, value: 0.1 }],
        notes: [{ frame: 699, kind: 'on', pitch: 60, velocity: 0.7 }],
        sidechain: null,
      },
      { instance: 4, parameters: [], notes: [], sidechain: block(700, 0.25) },
    ],
    timeline,
    wantsOutputs: true,
  } as const

  it('is read as it was written', () => {
    const { outgoing } = pipePair().engine
    const length = writeRequest(outgoing, request) as number
    const { output: _, ...expected } = request
    expect(readRequest({ kind: FRAME.run, sequence: 1, length, payload: outgoing.bytes, area: outgoing })).toEqual(expected)
    const step = {
      scrubbedSamples: 3,
      cpuMicroseconds: 12.5,
      latencyFrames: 64,
      hasNewValues: true,
      hasNewLatency: false,
      outputs: [{ parameter: 1, value: 2 }],
    }
    const replied = writeReply(outgoing, 700, block(700, 0.125), [step, { ...step, outputs: [] }])
    const frame = { kind: FRAME.done, sequence: 1, length: replied, payload: outgoing.bytes, area: outgoing }
    expect(readReply(frame, request)).toEqual({ steps: [step, { ...step, outputs: [] }] })
    expect(request.output).toEqual(block(700, 0.125))
  })

  it('never leads outside of itself, whatever a plugin made of it', () => {
    const { outgoing } = pipePair().engine
    const target = { ...request, output: block(700, 9) }
    for (let round = 0; round < 300; round++) {
      const length = writeReply(outgoing, 700, block(700, 0.125), [])
      outgoing.bytes.set(randomBytes(48), round % 2 === 0 ? 0 : 8)
      const frame = { kind: FRAME.done, sequence: 1, length, payload: outgoing.bytes, area: outgoing }
      expect(() => readReply(frame, target)).toThrow()
      expect(() => readRequest({ ...frame, length: length + round })).toThrow()
    }
    expect(target.output).toEqual(block(700, 9))
  })

  it('does not take more events than fit', () => {
    const { outgoing } = pipePair().engine
    const parameters = Array.from({ length: 70_000 }, () => ({ frame: 0, parameter: 0, value: 0 }))
    expect(writeRequest(outgoing, { ...request, steps: [{ instance: 1, parameters, notes: [], sidechain: null }] })).toBe(null)
  })

  it('may be a command with bytes beside it', () => {
    const [head, json, beside] = packCommand({ name: 'open', text: 'ä' }, new Uint8Array([1, 2, 3]))
    const payload = new Uint8Array(Buffer.concat([head, json, beside] as Uint8Array[]))
    expect(unpackCommand(payload)).toEqual({ body: { name: 'open', text: 'ä' }, attachment: new Uint8Array([1, 2, 3]) })
    expect(() => unpackCommand(new Uint8Array([255, 255, 255, 255, 0]))).toThrow()
    expect(() => unpackCommand(new Uint8Array(2))).toThrow()
  })
})

it('names pipes on Windows by the engine and something nobody guesses', () => {
  expect(windowsPipeName(windowsPipePrefix(42, 'abc'), 'request')).toBe('\\\\.\\pipe\\stemma-host-42-abc-request')
})
