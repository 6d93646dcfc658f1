// The contract of every command: one JSON document with `--json` and nothing else, exit codes 0, 1 and 2, no prompt, a sentence for whoever reads.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { documentOf, type Json, runCli, serve, type Stemma, stemmaIn } from '../rigs/cli-rig.ts'
import { authorTones } from '../rigs/works.ts'

let dir: string
let stemma: Stemma
let service: Awaited<ReturnType<typeof serve>>
const at = (name: string): string => join(dir, name)

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-cli-'))
  stemma = stemmaIn(at('home'))
  await stemmaIn(at('label')).json(['pack', authorTones(at('author'), { title: 'Tones', seconds: 2 }), '-o', at('packs/tones.stemmapack')])
  service = await serve(at('server'), [at('packs')])
  await stemma.json(['pull', 'Tones', '--service', service.url])
  await stemma.json(['new', 'Tones', '-o', at('r.stemma')])
  writeFileSync(at('edits.json'), '[{"op":"track.set","trackId":"@Lead","gainDb":-3}]')
}, 60_000)

afterAll(async () => {
  await service?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

/** Runs command lines, a few at a time. */
const all = async <T>(cases: readonly T[], check: (one: T) => Promise<void>): Promise<void> => {
  const queue = [...cases]
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await check(one)
  }
  await Promise.all([worker(), worker(), worker()])
}

describe('wrong usage', () => {
  it('ends with 2 and says what is wrong, before anything is touched', { timeout: 60_000 }, async () => {
    const render = ['render', at('r.stemma'), '-o', at('x.wav')]
    const cases: readonly (readonly string[])[] = [
      [],
      ['frobnicate'],
      ['pull'],
      ['new', 'Tones'],
      ['edit', at('r.stemma')],
      ['render', at('r.stemma')],
      ['verify'],
      ['receipts'],
      ['receipts', 'frobnicate'],
      ['receipts', 'show'],
      ['catalogue', 'tones', 'and', 'more'],
      ['fsck', '--frobnicate'],
      ['serve', '--port', '70000'],
      ['serve', '--port', 'http'],
      ['serve', '--port', ''],
      [...render, '--threads', '0'],
      [...render, '--threads', '1.5'],
      [...render, '--threads', 'many'],
      [...render, '--threads', '0x2'],
      [...render, '--loudness', 'loud'],
      [...render, '--loudness', '3'],
      [...render, '--loudness', 'NaN'],
      [...render, '--format', 'ogg'],
      [...render, '--format', ''],
      [...render, '--format', 'mp3'],
      [...render, '--from', 'the chorus'],
      [...render, '--from', '0'],
      [...render, '--from', '1.9.0'],
      [...render, '--from', '1s', '--to', '1s'],
      [...render, '--to', '-4'],
    ]
    await all(cases, async (args) => {
      const run = await runCli([...args, '--json', ...(args.length > 0 ? ['--home', at('home')] : [])])
      const document = documentOf(run)
      expect([args, run.code]).toEqual([args, 2])
      expect(document).toMatchObject({ ok: false, problem: { code: 'usage' } })
      expect(document.problem.message.length).toBeGreaterThan(10)
    })
    expect((await stemma.json(['receipts', 'list'])).receipts).toEqual([])
  })
})

describe('refusals', () => {
  it('end with 1, a stable code and a sentence', { timeout: 60_000 }, async () => {
    mkdirSync(at('empty'))
    writeFileSync(at('nothing.json'), '[')
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['pull', 'No such work'], /^work\.unknown$/],
      [['new', 'No such work', '-o', at('y.stemma')], /^work\.unknown$/],
      [['new', 'Tones', '-o', at('r.stemma')], /^file\.exists$/],
      [['show', at('missing.stemma')], /^file\.missing$/],
      [['edit', at('r.stemma'), at('missing.json')], /^file\.missing$/],
      [['edit', at('r.stemma'), at('nothing.json')], /^edits\.not_json$/],
      [['render', at('missing.stemma'), '-o', at('x.wav')], /^file\.missing$/],
      [['render', at('r.stemma'), '-o', at('no/where/x.wav')], /^export\.no_folder$/],
      [['render', at('r.stemma'), '-o', at('x.wav'), '--from', '999'], /^export\.|^usage$/],
      [['receipts', 'show', '00000000-0000-7000-8000-000000000000'], /^ledger\.unknown$/],
      [['receipts', 'void', 'nonsense'], /^ledger\.unknown$/],
      [['receipts', 'export', '-o', at('no/where/r.json')], /^file\.missing$/],
      [['pack', at('empty')], /^pack\.work_missing$/],
      [['pack', at('no-such-folder')], /^pack\.work_missing$/],
      [['catalogue', '--service', 'ftp://example.org'], /^service\./],
      [['pull', 'Tones', '--service', 'http://127.0.0.1:1'], /^(service|work)\./],
    ]
    await all(cases, async ([args, code]) => {
      // A home of its own, since naming a service is remembered.
      const home = args.includes('--service') ? at('other') : at('home')
      const run = await runCli([...args, '--home', home, '--json'])
      const { ok, problem } = documentOf(run)
      expect([args, ok, problem?.code]).toEqual([args, false, expect.stringMatching(code)])
      expect(run.code).toBe(problem.code === 'usage' ? 2 : 1)
      expect(problem.message).toMatch(/[.…)]$/)
      expect(run.stderr).toBe('')
    })
    const verified = await stemma.json(['verify', at('missing.wav')], 1)
    expect(verified.files[0].problem.code).toMatch(/missing$/)
  })

  it('name the home that cannot be used', async () => {
    writeFileSync(at('a-file'), '')
    const run = await runCli(['fsck', '--home', at('a-file/home'), '--json'])
    expect(documentOf(run).problem.message).toMatch(/a-file|home/)
    expect(run.code).toBe(1)
  })

  it('of a port in use are one sentence', async () => {
    const run = await runCli(['serve', '--home', at('second'), '--port', new URL(service.url).port, '--json'])
    expect(documentOf(run).problem).toMatchObject({ code: 'service.cannot_listen', message: expect.stringMatching(/in use/) })
    expect(run.code).toBe(1)
  })
})

describe('what is printed', () => {
  it('is one document for every command that goes well', { timeout: 60_000 }, async () => {
    const edited = await stemma.json(['edit', at('r.stemma'), at('edits.json')])
    expect(edited.updated).toBe(1)
    const made: Json = await stemma.json(['render', at('r.stemma'), '-o', at('x.wav'), '--from', '1', '--to', '2', '--credits-sheet'])
    expect(made).toMatchObject({ durationMs: 2_000, sheetPaths: [at('x.ddex.json')], sheetProblem: null })
    expect(JSON.parse(readFileSync(at('x.ddex.json'), 'utf8')).Stemma.files[0].receiptId).toBe(made.files[0].receiptId)
    for (const args of [['catalogue'], ['show', at('r.stemma')], ['verify', at('x.wav')], ['sync'], ['receipts', 'list'], ['fsck']])
      expect((await stemma.json(args)).ok).toBe(true)
  })

  it('takes edits of plugins, shows them by name, and refuses what a frozen track does not bear', { timeout: 60_000 }, async () => {
    const remix = at('plugins.stemma')
    await stemma.json(['new', 'Tones', '-o', remix])
    const edit = (commands: readonly unknown[], code: 0 | 1 = 0): Promise<Json> => {
      writeFileSync(at('plugins.json'), JSON.stringify(commands))
      return stemma.json(['edit', remix, at('plugins.json')], code)
    }
    const plugin = { format: 'lv2', id: 'http://calf.sourceforge.net/plugins/Compressor', name: 'Calf Compressor', version: '0.90.3' }
    const freeze = { op: 'track.freeze', trackId: '@Lead', key: 'ab'.repeat(32) }
    const edits = [
      { op: 'plugin.add', id: 'comp', trackId: '@Lead', plugin, params: { ratio: 4 }, state: 'a2VwdA==' },
      { op: 'automation.set', ownerId: 'comp', param: 'mix', points: [{ atTick: '1.1', value: 0.5 }] },
      { op: 'device.set', deviceId: '@Calf Compressor', isEnabled: false },
      freeze,
    ]
    expect(await edit(edits)).toMatchObject({ ok: true, edits: 4 })
    const shown = await stemma.json(['show', remix])
    const lead = (shown.tracks as { name: string; devices: unknown[] }[]).find(({ name }) => name === 'Lead')
    expect(lead).toMatchObject({
      frozen: { key: freeze.key },
      devices: [{ kind: 'plugin', plugin: { ...plugin, stateSha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, stateLength: 8 }],
    })
    expect((await runCli(['show', remix, '--home', at('home')])).stdout).toMatch(/frozen .*Calf Compressor \(lv2, off\)/)
    expect(await edit([{ op: 'device.remove', deviceId: 'comp' }], 1)).toMatchObject({ problem: { code: 'track.frozen' } })
    expect(
      await edit([
        { op: 'track.unfreeze', trackId: '@Lead' },
        { op: 'device.remove', deviceId: 'comp' },
      ]),
    ).toMatchObject({ ok: true })
    const path = { op: 'plugin.add', trackId: '@Lead', plugin: { format: 'lv2', id: '/tmp/evil.so' } }
    expect(await edit([path], 1)).toMatchObject({ problem: { code: 'plugin.bad_id' } })
  })

  it('goes to people as plain lines: results on standard output, refusals on standard error', async () => {
    const shown = await runCli(['show', at('r.stemma'), '--home', at('home')])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^Tones, 120 BPM, 4\/4, A minor/)
    const refused = await runCli(['pull', 'No such work', '--home', at('home')])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^There is no work “No such work”.*\(work\.unknown\)\n$/)
    const usage = await runCli(['render', '--home', at('home')])
    expect(usage).toMatchObject({ code: 2, stdout: '' })
    const help = await runCli(['render', '--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('--loudness')
  })

  it('says whether a cancelled command left anything', async () => {
    const running = stemma.start(['render', at('r.stemma'), '-o', at('never.wav'), '--format', 'wav32f'])
    await new Promise((resolve) => setTimeout(resolve, 900))
    running.child.kill('SIGINT')
    const run = await running.done
    const document = documentOf(run)
    // A fast machine is done by then; a slow one was stopped.
    if (run.code === 0) expect(document.ok).toBe(true)
    else expect(document.problem.code).toMatch(/cancelled$/)
    expect((await stemma.json(['fsck'])).findings).toEqual([])
  })
})
