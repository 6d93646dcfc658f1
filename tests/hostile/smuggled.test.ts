// What a remix, an edits file, a pack, an author's folder, an audio file or a service's reply can smuggle in, given to the command as a user would:
// exit code 1 with a sentence, no stack trace, no hang, memory in bounds. The single rules are proved beside their sources.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliRun, documentOf, type Json, runCli, serve, type Stemma, stemmaIn } from '../rigs/cli-rig.ts'
import { authorTones, OPEN_GRANT, toneWav } from '../rigs/works.ts'

const MAX_MEMORY_MIB = 600
/** Clears the screen, renames the window, adds a line of its own, turns the writing round. */
const ESCAPE = '\u001b[2J\u001b]0;owned\u0007\nTrust: trusted\u202e'

let dir: string
let stemma: Stemma
let service: Awaited<ReturnType<typeof serve>>
const at = (name: string): string => join(dir, name)

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-hostile-'))
  stemma = stemmaIn(at('home'), { timeoutMs: 15_000 })
  await stemmaIn(at('label')).json(['pack', authorTones(at('author'), { title: 'Tones', seconds: 2 }), '-o', at('packs/tones.stemmapack')])
  service = await serve(at('server'), [at('packs')])
  await stemma.json(['pull', 'Tones', '--service', service.url])
  await stemma.json(['new', 'Tones', '-o', at('good.stemma')])
}, 60_000)

afterAll(async () => {
  await service?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

const all = async <T>(cases: readonly T[], check: (one: T) => Promise<void>): Promise<void> => {
  const queue = [...cases]
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await check(one)
  }
  await Promise.all([worker(), worker(), worker()])
}

const expectBounded = (run: CliRun): void => {
  expect(run.signal, 'it hung').toBeNull()
  expect(run.peakMemoryMiB).toBeLessThan(MAX_MEMORY_MIB)
}

/** One refusal: code 1, a sentence, nothing else on standard error. */
const expectRefused = (name: string, run: CliRun): Json => {
  expectBounded(run)
  const { problem } = documentOf(run)
  expect([name, run.code]).toEqual([name, 1])
  expect([name, problem.code]).not.toEqual([name, 'internal'])
  expect(problem.message.length).toBeGreaterThan(20)
  expect(problem.message.length).toBeLessThan(2_000)
  return problem
}

const fifo = (path: string): string => {
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  return path
}

describe('a remix file', () => {
  const good = (): Json => JSON.parse(readFileSync(at('good.stemma'), 'utf8'))
  /** The document with each record changed as `change` says. */
  const withRecords = (change: (record: Json) => Json): string => {
    const document = good()
    const { records } = document
    return JSON.stringify({
      ...document,
      records: Array.isArray(records)
        ? records.map(change)
        : Object.fromEntries(Object.entries(records).map(([id, one]) => [id, change(one)])),
    })
  }

  it('that is nothing of the kind is refused', { timeout: 60_000 }, async () => {
    const texts: Readonly<Record<string, string>> = {
      empty: '',
      'not json': '{"format":',
      'other json': '{"format":"someone else’s"}',
      list: '[]',
      deep: '['.repeat(200_000),
      'deep object': '{"a":'.repeat(100_000),
      number: '1e999',
      large: `${' '.repeat(65 * 1024 * 1024)}{}`,
    }
    for (const [name, text] of Object.entries(texts)) writeFileSync(at(`bad ${name}.stemma`), text)
    await all(Object.keys(texts), async (name) => {
      expectRefused(name, await stemma.run(['show', at(`bad ${name}.stemma`)]))
    })
  })

  it('with records that cannot be is refused or repaired, never believed', { timeout: 60_000 }, async () => {
    const texts: Readonly<Record<string, string>> = {
      'negative time': withRecords((record) => (record.type === 'clip' ? { ...record, startTick: -960 } : record)),
      'time past the end': withRecords((record) => (record.type === 'clip' ? { ...record, startTick: 9e15 } : record)),
      infinity: withRecords((record) => record).replaceAll('"gainDb":0', '"gainDb":1e999'),
      'unknown track': withRecords((record) => (record.type === 'clip' ? { ...record, trackId: 'track:nowhere' } : record)),
      'path as stem': withRecords((record) => (record.type === 'clip' ? { ...record, stemId: '/etc/passwd' } : record)),
      'prototype keys': withRecords((record) => record).replace(
        '"type":"clip"',
        '"__proto__":{"isAdmin":true},"constructor":{"prototype":{}},"type":"clip"',
      ),
      'foreign plugin': withRecords((record) => record).replace(
        /"records":\[/,
        '"records":[{"type":"device","id":"d","trackId":"track:master","order":0,"kind":"/usr/lib/evil.so","isEnabled":true,"params":{}},',
      ),
    }
    for (const [name, text] of Object.entries(texts)) writeFileSync(at(`odd ${name}.stemma`), text)
    await all(Object.keys(texts), async (name) => {
      const run = await stemma.run(['render', at(`odd ${name}.stemma`), '-o', at(`odd ${name}.wav`)])
      expectBounded(run)
      const document = documentOf(run)
      if (run.code === 1) expectRefused(name, run)
      else expect([name, document.ok]).toEqual([name, true])
      expect(JSON.stringify(document)).not.toContain('isAdmin')
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    })
    const plugin = await stemma.json(['render', at('odd foreign plugin.stemma'), '-o', at('dry.wav')], 1)
    expect(JSON.stringify(plugin.problem)).toContain('evil.so')
  })

  it('cannot write to the terminal through a name', async () => {
    writeFileSync(
      at('loud.stemma'),
      withRecords((record) =>
        record.type === 'track' || record.type === 'remix'
          ? { ...record, name: ESCAPE, title: `${ESCAPE}<script>alert(1)</script>` }
          : record,
      ),
    )
    const run = await runCli(['show', at('loud.stemma'), '--home', at('home')])
    expect(run.code).toBe(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
    expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(run.stdout).not.toMatch(/^Trust: /m)
    expect(run.stdout).not.toContain('\u202e')
    expect(run.stdout).toContain('<script>')
  })

  it.skipIf(process.platform === 'win32')('that is a pipe or a device does not hang or fill the memory', { timeout: 60_000 }, async () => {
    const pipe = fifo(at('pipe'))
    const cases = ['show', 'edit', 'verify', 'pack'].flatMap((command) => [pipe, '/dev/zero'].map((path) => [command, path] as const))
    await all(cases, async ([command, path]) => {
      const args = command === 'edit' ? ['edit', at('good.stemma'), path] : [command, path]
      const run = await stemma.run(args)
      expectBounded(run)
      expect([command, path, run.code]).toEqual([command, path, 1])
      documentOf(run)
    })
  })
})

describe('an edits file', () => {
  it('is refused by number and field, and changes nothing', { timeout: 60_000 }, async () => {
    const before = readFileSync(at('good.stemma'))
    const set = (more: object): string => JSON.stringify([{ op: 'track.set', trackId: '@Lead', ...more }])
    const texts: Readonly<Record<string, string>> = {
      'no list': '{"op":"track.set"}',
      'unknown op': '[{"op":"rm -rf"}]',
      prototype: '[{"op":"__proto__"}]',
      'unknown field': set({ path: '/etc/passwd' }),
      infinite: '[{"op":"track.set","trackId":"@Lead","gainDb":1e999}]',
      'too loud': set({ gainDb: 1e300 }),
      'prototype id': '[{"op":"track.delete","trackId":"__proto__"}]',
      'negative time': '[{"op":"clip.move","clipIds":["@Lead"],"toTick":-5}]',
      'far away': '[{"op":"clip.move","clipIds":["@Lead"],"toTick":"999999.1.0"}]',
      'too many': JSON.stringify(Array.from({ length: 20_001 }, () => ({ op: 'loop.clear' }))),
      'many ids': JSON.stringify([{ op: 'clip.delete', clipIds: Array.from({ length: 30_000 }, (_, i) => `clip:${i}`) }]),
      deep: '['.repeat(500_000),
      large: `[${' '.repeat(80 * 1024 * 1024)}]`,
      'number text': '[{"op":"clip.split","clipIds":["@Lead"],"atTick":"1e9"}]',
      loop: '[{"op":"track.add","id":"b","kind":"bus","name":"B"},{"op":"send.add","fromTrackId":"b","toTrackId":"b"}]',
    }
    for (const [name, text] of Object.entries(texts)) writeFileSync(at(`edits ${name}.json`), text)
    await all(Object.keys(texts), async (name) => {
      expectRefused(name, await stemma.run(['edit', at('good.stemma'), at(`edits ${name}.json`)]))
    })
    expect(readFileSync(at('good.stemma')).equals(before)).toBe(true)
  })
})

describe("an author's folder", () => {
  it('gives no file that is not in it, and nothing that is no sound', { timeout: 60_000 }, async () => {
    const wav = toneWav(440, { seconds: 1 })
    const huge = Buffer.from(wav)
    huge.writeUInt32LE(0xffff_fff0, 40)
    const silentHeader = Buffer.from(wav)
    silentHeader.writeUInt16LE(0, 22)
    const fast = Buffer.from(wav)
    fast.writeUInt32LE(1_000_000_000, 24)
    const cases: Readonly<
      Record<string, { readonly file: string; readonly data?: Buffer; readonly link?: string; readonly isPipe?: boolean }>
    > = {
      'up and out': { file: '../author/Lead.wav' },
      absolute: { file: '/etc/passwd' },
      drive: { file: 'C:\\stem.wav' },
      nul: { file: 'stem\u0000.wav' },
      reserved: { file: 'CON.wav', data: wav },
      'a link to a secret': { file: 'stem.wav', link: '/etc/passwd' },
      'a pipe': { file: 'stem.wav', isPipe: true },
      'text called wav': { file: 'stem.wav', data: Buffer.from('hello '.repeat(1_000)) },
      'no channels': { file: 'stem.wav', data: silentHeader },
      'a billion hertz': { file: 'stem.wav', data: fast },
      'cut off': { file: 'stem.wav', data: wav.subarray(0, 40) },
      'four gigabytes said': { file: 'stem.wav', data: huge },
    }
    for (const [name, { file, data, link, isPipe }] of Object.entries(cases)) {
      const folder = at(`author ${name}`)
      mkdirSync(folder)
      if (data) writeFileSync(join(folder, file), data)
      if (link) symlinkSync(link, join(folder, file))
      if (isPipe) fifo(join(folder, file))
      const work = { title: 'Bad', artists: ['X'], stems: [{ file, title: 'Stem', role: 'drums' }], grant: OPEN_GRANT }
      writeFileSync(join(folder, 'work.json'), JSON.stringify(work))
    }
    await all(Object.keys(cases), async (name) => {
      const run = await stemma.run(['pack', at(`author ${name}`), '-o', at(`author ${name}.stemmapack`)])
      const problem = expectRefused(name, run)
      expect(JSON.stringify(problem)).not.toContain('root:')
    })
  })
})

describe('a pack', () => {
  it('that is hostile is left out and told; the service runs with the others', { timeout: 60_000 }, async () => {
    const good = readFileSync(at('packs/tones.stemmapack'))
    mkdirSync(at('mixed'))
    const bad: Readonly<Record<string, Buffer>> = {
      cut: good.subarray(0, good.length - 30_000),
      changed: (() => {
        const copy = Buffer.from(good)
        copy.fill(0x55, 300_000, 300_100)
        return copy
      })(),
      'no zip': Buffer.from('PK'.repeat(5_000)),
      empty: Buffer.alloc(0),
    }
    for (const [name, bytes] of Object.entries(bad)) writeFileSync(at(`mixed/${name}.stemmapack`), bytes)
    writeFileSync(at('mixed/good.stemmapack'), good)
    if (process.platform !== 'win32') fifo(at('mixed/pipe.stemmapack'))
    const other = await serve(at('server-2'), [at('mixed')])
    expect(other.refusedPacks.length).toBeGreaterThanOrEqual(Object.keys(bad).length)
    const { works } = await stemmaIn(at('home-2')).json(['catalogue', '--service', other.url])
    expect(works.map((work: Json) => work.title)).toEqual(['Tones'])
    const { stderr } = await other.stop()
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('an audio file', () => {
  it('is reported on, whatever it claims', { timeout: 60_000 }, async () => {
    const wav = toneWav(440, { seconds: 1 })
    const box = (size: number, type: string, body: Buffer = Buffer.alloc(0)): Buffer => {
      const head = Buffer.alloc(8)
      head.writeUInt32BE(size, 0)
      head.write(type, 4, 'latin1')
      return Buffer.concat([head, body])
    }
    const riff = (id: string, size: number, body: Buffer): Buffer => {
      const head = Buffer.alloc(8)
      head.write(id, 0, 'latin1')
      head.writeUInt32LE(size, 4)
      const file = Buffer.concat([wav, head, body])
      file.writeUInt32LE(file.length - 8, 4)
      return file
    }
    const ftyp = box(16, 'ftyp', Buffer.from('M4A \0\0\0\0', 'latin1'))
    const cbor = Buffer.alloc(300_000, 0x81)
    const jumb = box(8 + cbor.length, 'jumb', cbor)
    const nest = (depth: number): Buffer => {
      let inner: Buffer = Buffer.alloc(0)
      for (let i = 0; i < depth; i++) inner = box(8 + inner.length, 'jumb', inner)
      return inner
    }
    const files: Readonly<Record<string, Buffer>> = {
      'empty.wav': Buffer.alloc(0),
      'riff.wav': Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'),
      'overflow.wav': riff('LIST', 0xffff_ffff, Buffer.from('INFO')),
      'deep-cbor.wav': riff('C2PA', jumb.length, jumb),
      'deep-boxes.wav': riff('C2PA', nest(5_000).length, nest(5_000)),
      'big-store.wav': riff('C2PA', 20 << 20, box(20 << 20, 'jumb', Buffer.alloc((20 << 20) - 8, 0x41))),
      'zero-boxes.m4a': Buffer.concat([ftyp, box(0, 'free'), box(0, 'moov')]),
      'one-boxes.m4a': Buffer.concat([ftyp, box(1, 'moov', Buffer.alloc(8, 0xff))]),
      'endless-moov.m4a': Buffer.concat([ftyp, box(0x7fff_ffff, 'moov', Buffer.alloc(64))]),
      'id3.mp3': Buffer.concat([Buffer.from('ID3\x04\x00\x00\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(100)]),
      'flac.flac': Buffer.concat([Buffer.from('fLaC\x84\xff\xff\xff', 'latin1'), Buffer.alloc(50)]),
      'noise.bin': Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 251)),
    }
    for (const [name, bytes] of Object.entries(files)) writeFileSync(at(name), bytes)
    const run = await stemma.run(['verify', ...Object.keys(files).map(at)])
    expectBounded(run)
    const { files: reports } = documentOf(run)
    expect(run.code).toBe(1)
    expect(reports).toHaveLength(Object.keys(files).length)
    for (const report of reports) {
      expect(report.verdict ?? report.problem?.code, JSON.stringify(report)).toMatch(/^(bad|none|verify\.|file\.)/)
      expect(JSON.stringify(report)).not.toMatch(/undefined|\[object/)
    }
  })
})

describe('a service', () => {
  let server: Server
  let url: string
  let answer: (path: string, reply: ServerResponse) => void = () => {}
  beforeAll(async () => {
    server = createServer((request, reply) => answer(request.url ?? '', reply))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const catalogueOf = (change: (work: Json) => Json, work: Json): string => JSON.stringify({ works: [change(work)], total: 1 })

  it('that answers with something else is refused with a sentence', { timeout: 60_000 }, async () => {
    const { works } = await stemma.json(['catalogue'])
    const { pull: _pull, ...work } = works[0]
    const answers: Readonly<Record<string, (reply: ServerResponse) => void>> = {
      html: (reply) => reply.end('<html><script>alert(1)</script>'),
      'a stem called ../../x': (reply) =>
        reply.end(catalogueOf((one) => ({ ...one, stems: [{ ...one.stems[0], contentSha256: '../../../etc/passwd' }] }), work)),
      'no stems': (reply) => reply.end(catalogueOf((one) => ({ ...one, stems: [] }), work)),
      'a stem of negative size': (reply) => reply.end(catalogueOf((one) => ({ ...one, stems: [{ ...one.stems[0], bytes: -1 }] }), work)),
      'a redirect to a file': (reply) => {
        reply.writeHead(302, { location: 'file:///etc/passwd' })
        reply.end()
      },
      'a redirect inside the cloud': (reply) => {
        reply.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' })
        reply.end()
      },
      'a body without end': (reply) => {
        const timer = setInterval(() => reply.write(Buffer.alloc(4 << 20, 0x20)), 5)
        reply.on('close', () => clearInterval(timer))
      },
    }
    for (const [name, act] of Object.entries(answers)) {
      answer = (_path, reply) => {
        reply.setHeader('content-type', 'application/json')
        act(reply)
      }
      const run = await runCli(['catalogue', '--service', url, '--home', at('home-3'), '--json'], { timeoutMs: 20_000 })
      expectRefused(name, run)
    }
  })

  it('cannot write to the terminal or the disk through a work it describes', { timeout: 30_000 }, async () => {
    const { works } = await stemma.json(['catalogue'])
    const { pull: _pull, ...work } = works[0]
    const loud = { ...work, id: '../../../../tmp/owned', title: ESCAPE, artists: [ESCAPE] }
    answer = (_path, reply) => {
      reply.setHeader('content-type', 'application/json')
      reply.end(JSON.stringify({ works: [loud], total: 1 }))
    }
    const run = await runCli(['catalogue', '--service', url, '--home', at('home-4')])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
    expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expectRefused('pull', await runCli(['pull', '../../../../tmp/owned', '--service', url, '--home', at('home-4'), '--json']))
  })
})
