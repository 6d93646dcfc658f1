// Nothing an export leaves behind or sends away names the machine, the person or a folder: files, manifests, receipts, and what the rights service got.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, hostname, tmpdir, userInfo } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOnPath } from '../../scripts/parts/project.mjs'
import { serve, type Stemma, stemmaIn } from '../rigs/cli-rig.ts'
import { authorTones } from '../rigs/works.ts'

const HOST = 'workbench-of-quillfeather'
const USER = 'marmaduke.quillfeather'
/** Shorter names (`root`, `vm`) are in any file by chance. */
const SHORTEST = 5

let dir: string
let stemma: Stemma
let service: Awaited<ReturnType<typeof serve>>
const at = (name: string): string => join(dir, name)

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

/** Bytes as they are, and what the base64url in them says: receipts, grants and manifests travel as JWS. */
const layersOf = (bytes: Buffer): readonly Buffer[] => {
  const runs = bytes.toString('latin1').match(/[\w+/-]{24,}/g) ?? []
  return [bytes, ...runs.map((run) => Buffer.from(run, 'base64url'))]
}

/** Which of the words stand in some bytes, in UTF-8, UTF-16 or percent-encoded. */
const found = (bytes: Buffer, words: readonly string[]): string[] => {
  const layers = layersOf(bytes)
  return words.filter((word) =>
    [Buffer.from(word), Buffer.from(word, 'utf16le'), Buffer.from(encodeURIComponent(word))].some((form) =>
      layers.some((layer) => layer.includes(form)),
    ),
  )
}

let secrets: readonly string[]

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-privacy-'))
  const home = at(join('users', USER))
  mkdirSync(join(home, 'Music'), { recursive: true })
  // A machine with a name that nothing holds by chance; every process of the program inherits it.
  const machine = at('machine.mjs')
  writeFileSync(
    machine,
    `import os from 'node:os'
import { syncBuiltinESMExports } from 'node:module'
const info = os.userInfo()
os.hostname = () => ${JSON.stringify(HOST)}
os.userInfo = () => ({ ...info, username: ${JSON.stringify(USER)}, homedir: ${JSON.stringify(home)} })
syncBuiltinESMExports()
`,
  )
  const env = { HOME: home, USER, LOGNAME: USER, USERNAME: USER, HOSTNAME: HOST, NODE_OPTIONS: `--import=file://${machine}` }
  secrets = [HOST, USER, home, dir, hostname(), homedir(), userInfo().username].filter((word) => word.length >= SHORTEST)
  stemma = stemmaIn(join(home, '.local/share/stemma'), { env, cwd: home, timeoutMs: 120_000 })
  await stemma.json(['pack', authorTones(join(home, 'Music/Tones'), { title: 'Tones', seconds: 2 }), '-o', join(home, 'tones.stemmapack')])
  // The service is another machine: nothing of its own folder says whose home the pack came from.
  mkdirSync(at('packs'))
  writeFileSync(at('packs/tones.stemmapack'), readFileSync(join(home, 'tones.stemmapack')))
  service = await serve(at('server'), [at('packs')])
  await stemma.json(['pull', 'Tones', '--service', service.url])
  const remix = join(home, 'Music/mine.stemma')
  await stemma.json(['new', 'Tones', '-o', remix])
  const formats = isOnPath('ffmpeg') ? 'wav,flac,mp3,m4a' : 'wav,flac,mp3'
  mkdirSync(join(home, 'exports'))
  await stemma.json(['render', remix, '-o', join(home, 'exports'), '--format', formats])
  await stemma.json(['render', remix, '-o', join(home, 'exports'), '--format', 'wav', '--stems'])
  await stemma.json(['sync'])
}, 180_000)

afterAll(async () => {
  await service?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

const sayNothing = (paths: readonly string[]): void => {
  const told = paths.flatMap((path) => found(readFileSync(path), secrets).map((word) => `${relative(dir, path)} says ${word}`))
  expect(told).toEqual([])
}

describe('an export on a machine with names of its own (privacy.local)', () => {
  it('would be caught if it told one', () => {
    const words = [HOST, '/home/of/mine']
    expect(found(Buffer.from(`made on ${HOST}`), words)).toEqual([HOST])
    expect(found(Buffer.from(JSON.stringify({ p: Buffer.from(`{"path":"/home/of/mine/x.wav"}`).toString('base64url') })), words)).toEqual([
      '/home/of/mine',
    ])
    expect(found(Buffer.from('file://%2Fhome%2Fof%2Fmine'), words)).toEqual(['/home/of/mine'])
  })

  it('names neither host, user nor folder in any exported file', () => {
    const files = filesIn(at(join('users', USER, 'exports')))
    expect(new Set(files.map((path) => path.slice(path.lastIndexOf('.') + 1)))).toEqual(
      new Set(isOnPath('ffmpeg') ? ['wav', 'flac', 'mp3', 'm4a'] : ['wav', 'flac', 'mp3']),
    )
    expect(files.length).toBeGreaterThan(4)
    sayNothing(files)
  })

  it('names them neither in the pack that a label gives away nor in the remix file', () => {
    const home = at(join('users', USER))
    sayNothing([join(home, 'tones.stemmapack'), join(home, 'Music/mine.stemma')])
  })

  it('names them neither in the receipts, as kept and as handed out', async () => {
    const kept = filesIn(stemma.homeDir).filter((path) => path.endsWith('.jsonl'))
    expect(kept.length).toBeGreaterThan(0)
    sayNothing(kept)
    const receipts = await stemma.json(['receipts', 'export'])
    const text = JSON.stringify(receipts)
    expect(text.length).toBeGreaterThan(2_000)
    expect(found(Buffer.from(text), secrets)).toEqual([])
  })

  it('tells the rights service none of them', async () => {
    const run = await service.stop()
    const files = filesIn(at('server'))
    expect(files.length).toBeGreaterThan(0)
    // Its own folder is the service's own affair; the exporting person's is not.
    const theirs = secrets.filter((word) => word !== dir)
    const told = files.flatMap((path) => found(readFileSync(path), theirs).map((word) => `${relative(dir, path)} says ${word}`))
    expect(told).toEqual([])
    expect(found(Buffer.from(run.stdout + run.stderr), theirs)).toEqual([])
  })
})
