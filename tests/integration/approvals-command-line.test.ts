// `submit`, `approvals`, `answer` and `artist` as people run them: real processes, two homes, a real service.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, serve, stemmaIn } from '../rigs/cli-rig.ts'
import { authorTones } from '../rigs/works.ts'

let dir: string
let service: Awaited<ReturnType<typeof serve>>
const producer = () => stemmaIn(join(dir, 'producer'))
const artist = () => stemmaIn(join(dir, 'artist'))

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-approvals-cli-'))
  mkdirSync(join(dir, 'packs'))
  const made = await artist().json(['artist', 'init', '--name', 'Ada Stem'])
  const folder = authorTones(join(dir, 'author'), {
    title: 'Asked',
    seconds: 3,
    grant: { approval: { required: true, approvers: [made.approver], slaHours: 24 } },
  })
  await producer().json(['pack', folder, '-o', join(dir, 'packs', 'asked.stemmapack')])
  service = await serve(join(dir, 'operator'), [join(dir, 'packs')])
  expect(service.refusedPacks).toEqual([])
  await producer().json(['pull', 'Asked', '--service', service.url])
  await producer().json(['new', 'Asked', '-o', join(dir, 'r.stemma')])
}, 120_000)

afterAll(async () => {
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe('the command line', () => {
  it('submits, answers, renders and verifies', async () => {
    const remix = join(dir, 'r.stemma')
    expect((await producer().json(['render', remix, '-o', join(dir, 'a.wav')], 1)).problem.code).toBe('licence.needs_approval')
    const page = join(dir, 'review.html')
    const submitted = await producer().json(['submit', remix, '--message', 'Please <listen>', '--review', page])
    expect(submitted).toMatchObject({ isNew: true, isSent: true, review: page })
    const [request] = submitted.requests as string[]
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('Please &#60;listen&#62;')
    // It fetches nothing: its one script is its own, and its policy lets no other run.
    expect(html).toMatch(/default-src 'none'; script-src 'sha256-/)
    expect(html).not.toMatch(/<script[^>]*\ssrc|https?:\/\/(?!cv\.iptc)/)

    const listed = await artist().json(['approvals', '--service', service.url])
    expect(listed.threads).toMatchObject([{ state: 'waiting', mayAnswer: true }])
    const usage = await artist().json(['answer', request!, '--verdict', 'maybe'], 2)
    expect(usage.problem.code).toBe('usage')
    await artist().json(['answer', request!, '--verdict', 'changes', '--note', 'too loud'], 2)
    const asked = ['answer', request!, '--verdict', 'changes', '--note', '0:01-0:02 too loud', '--note', '2.5s cut here']
    expect(await artist().json(asked)).toMatchObject({ isSent: true })
    const shown = await producer().json(['approvals', 'list'])
    expect(shown.threads[0].requests[0].answers[0].answer.notes).toEqual([
      { fromMs: 1_000, toMs: 2_000, text: 'too loud' },
      { fromMs: 2_500, toMs: null, text: 'cut here' },
    ])

    const edits = join(dir, 'edits.json')
    writeFileSync(edits, JSON.stringify([{ op: 'track.set', trackId: '@Kick', gainDb: -6 }]))
    await producer().json(['edit', remix, edits])
    const again = (await producer().json(['submit', remix])).requests[0] as string
    const answered = await artist().json(['approvals'])
    expect(answered.threads[0].requests).toHaveLength(2)
    const { answer } = await artist().json([
      'answer',
      // The beginning of an id is enough where no other begins so.
      again.slice(0, 18),
      '--verdict',
      'conditions',
      '--condition',
      'Credit me',
      '-o',
      join(dir, 'yes.stemma-answer'),
    ])
    expect((await producer().json(['approvals', 'import', join(dir, 'yes.stemma-answer')])).added).toBe(1)
    expect((await producer().json(['approvals', '--remix', remix])).standing).toMatchObject([{ state: 'conditions', request: again }])
    await producer().json(['render', remix, '-o', join(dir, 'b.wav')])
    const verified = await producer().json(['verify', join(dir, 'b.wav')])
    expect(verified.files[0].findings.map(({ code }: { code: string }) => code)).toContain('approval.held')
    expect(await producer().json(['sync'])).toMatchObject({ ok: true, approvals: { refused: [] } })

    // From where to where each stem was used, to the program and to people.
    const { uses } = await artist().json(['artist', 'usage'])
    const [{ stems }] = uses as [{ stems: { title: string; operations: { text: string; fromMs: number; toMs: number }[] }[] }]
    const kick = stems.find(({ title }) => title === 'Kick')!.operations.find(({ text }) => text === 'Made louder or quieter')!
    expect(kick).toMatchObject({ fromMs: 0, toMs: 3_000 })
    const told = await runCli(['artist', 'usage', '--home', join(dir, 'artist')])
    expect(told.stdout).toContain('Made louder or quieter 0:00.0–0:03.0')

    await artist().json(['approvals', 'revoke', answer, '--reason', 'Changed my mind'])
    await producer().json(['approvals'])
    expect((await producer().json(['render', remix, '-o', join(dir, 'c.wav')], 1)).problem.code).toBe('approval.revoked')
    expect((await producer().json(['verify', join(dir, 'b.wav')])).ok).toBe(true)
  }, 180_000)
})
