// `stemma submit`, `approvals …`, `answer` and `artist …`: the artist's yes, from both sides, with or without a connection.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, extname, resolve } from 'node:path'
import {
  type ApprovalNote,
  buildReviewPage,
  MAX_REVIEW_LENGTH,
  type RequestView,
  type Verdict,
} from '../../../src-shared/approvals/index.ts'
import type { ApprovalThreadView } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure, sha256, type Studio, verifyEd25519 } from '../../studio/index.ts'
import { type CommandContext, type Run, UsageError } from '../command.ts'
import { done, finding, formatDuration, type Report, refused, reportOf, table } from '../output.ts'
import { parseFrame } from './render.ts'
import { withRemix } from './remix.ts'

const VERDICT_WORDS: Readonly<Record<string, Verdict>> = {
  approve: 'approve',
  conditions: 'approve_with_conditions',
  changes: 'changes',
  refuse: 'refuse',
}

/** Whether what waited went out. Without a connection everything is kept, and that is said. */
const sendNow = async (studio: Studio, context: CommandContext): Promise<{ readonly isSent: boolean; readonly line: string }> => {
  if (studio.service.url === null) return { isSent: false, line: 'Kept here; no rights service is known to send it to.' }
  const synced = await studio.approvals.sync({ signal: context.signal })
  if (!synced.ok) return { isSent: false, line: `Kept here and sent later. ${synced.error.message}` }
  const [first] = synced.value.refused
  if (first) return { isSent: false, line: first.message }
  return synced.value.remaining > 0
    ? { isSent: false, line: `${synced.value.remaining} to send.` }
    : { isSent: true, line: 'Sent to the rights service.' }
}

const writeText = async (path: string, text: string): Promise<Result<string>> => {
  try {
    await writeFile(resolve(path), text)
    return ok(resolve(path))
  } catch (error) {
    return fileFailure(error, resolve(path))
  }
}

/** Writes a review: a page where the name ends in `.html`, else the file the app opens. */
const writeReview = async (studio: Studio, request: string, out: string): Promise<Result<string>> => {
  const review = await studio.approvals.review(request)
  if (!review.ok) return review
  if (!/^\.html?$/i.test(extname(out))) return writeText(out, JSON.stringify(review.value))
  const page = buildReviewPage(review.value, { sha256, verify: verifyEd25519 })
  return page.ok ? writeText(out, page.value) : page
}

export interface SubmitOptions {
  readonly file: string
  readonly message?: string
  readonly loudness?: number
  readonly from?: string
  readonly to?: string
  readonly threads?: number
  readonly review?: string
}

export const submitCommand: Run<SubmitOptions> = async (context, options) => {
  const { loudness, threads = Math.min(4, availableParallelism()) } = options
  if (loudness !== undefined && (loudness > -5 || loudness < -40))
    throw new UsageError('--loudness takes LUFS from -40 to -5, for example -14.')
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) throw new UsageError('--threads takes a whole number from 1 to 64.')
  const opened = await context.studio()
  if (!opened.ok) return refused(opened.error)
  const studio = opened.value
  return withRemix(studio, options.file, async (remix): Promise<Report> => {
    const plan = remix.session.plan
    if (!plan.ok) return refused(plan.error)
    const fromFrame = options.from === undefined ? 0 : parseFrame(remix, options.from, '--from')
    const toFrame = options.to === undefined ? plan.value.lengthFrames + plan.value.tailFrames : parseFrame(remix, options.to, '--to')
    if (toFrame <= fromFrame) throw new UsageError('--to must lie after --from.')
    const submitted = await studio.approvals.submit({
      snapshot: remix.session.snapshot,
      message: options.message ?? '',
      range: options.from === undefined && options.to === undefined ? null : { fromFrame, toFrame },
      loudnessTargetLufs: loudness ?? null,
      threads,
      signal: context.signal,
      onProgress: (fraction, label) => context.progress.show(label, fraction),
    })
    if (!submitted.ok) return refused(submitted.error)
    const { requests, isNew } = submitted.value
    const sent = await sendNow(studio, context)
    const [first] = requests
    const written = options.review === undefined || first === undefined ? null : await writeReview(studio, first, options.review)
    if (written && !written.ok) return refused(written.error)
    const views = requests.flatMap((id) => {
      const found = studio.approvals.find(id)
      return found.ok ? [found.value] : []
    })
    return done({ ok: true, requests, isNew, isSent: sent.isSent, review: written?.ok ? written.value : null }, [
      ...(isNew ? [] : ['This was submitted already, with the same sound and settings.']),
      ...views.map(
        ({ thread, view }) =>
          `${view.request.id}  to ${thread.approvers.map(({ name }) => name).join(' or ')}: ${view.sentence} Sound ${view.request.pcmSha256.slice(7, 23)}…`,
      ),
      ...(written?.ok ? [`Review: ${written.value}`] : []),
      sent.line,
    ])
  })
}

const noteLine = ({ fromMs, toMs, text }: ApprovalNote): string =>
  `    ${formatDuration(fromMs)}${toMs === null ? '' : `–${formatDuration(toMs)}`}  ${text}`

const requestLines = (view: RequestView): string[] => [
  `  ${view.request.id}  ${view.request.issuedAt.slice(0, 16).replace('T', ' ')}  ${view.state}${view.isSuperseded ? ', replaced by a later one' : ''}  (${view.delivery})`,
  `    ${view.sentence}`,
  ...(view.request.message === '' ? [] : [`    “${view.request.message}”`]),
  ...(view.deliveryMessage === null ? [] : [`    ${view.deliveryMessage}`]),
  ...view.answers.flatMap((one) => [
    `    ${one.artistName}: ${one.answer.verdict.replaceAll('_', ' ')}${one.isReplaced ? ', later answered otherwise' : ''}  answer ${one.answer.id}  (${one.delivery})`,
    ...one.answer.conditions.map((condition) => `      on condition: ${condition}`),
    ...one.answer.notes.map(noteLine),
    ...(one.revocation
      ? [`      taken back from ${one.revocation.from.slice(0, 16).replace('T', ' ')} on: ${one.revocation.revocation.reason}`]
      : []),
  ]),
  ...view.comments.map(({ comment }) => `    ${comment.from}${comment.kind === 'reminder' ? ' reminds' : ''}: ${comment.text}`),
]

const doneLines = ({ request }: RequestView): string[] => [
  ...request.done.flatMap(({ title, role, usedMs, lines }) => [
    `    ${title} (${role}), heard for ${formatDuration(usedMs)}`,
    ...lines.map(({ text, fromMs, toMs }) => `      ${text}, ${formatDuration(fromMs)}–${formatDuration(toMs)}`),
  ]),
  `    AI: ${request.ai.containsAI}`,
]

const rowOf = (thread: ApprovalThreadView): string[] => [
  thread.remix.title,
  thread.work.title,
  thread.isMine ? 'submitted' : 'asked of you',
  thread.state,
  thread.isOverdue ? 'overdue' : thread.dueAt ? `due ${thread.dueAt.slice(0, 10)}` : '',
  thread.requests.at(-1)?.request.id ?? '',
]

export interface ApprovalsListOptions {
  readonly offline?: boolean
  readonly remix?: string
}

export const approvalsListCommand: Run<ApprovalsListOptions> = async (context, { offline = false, remix }) => {
  const opened = await context.studio()
  if (!opened.ok) return refused(opened.error)
  const studio = opened.value
  if (remix !== undefined)
    return withRemix(studio, remix, async (open) =>
      reportOf(studio.approvals.standing(open.session.snapshot), (standing) =>
        done(
          { ok: true, standing },
          standing.length === 0
            ? ['No work of this remix asks for approval.']
            : standing.map((one) => `${one.work.title}: ${one.sentence}`),
        ),
      ),
    )
  const synced = offline || studio.service.url === null ? null : await studio.approvals.sync({ signal: context.signal })
  const threads = studio.approvals.threads()
  const sync = studio.approvals.syncView()
  const isOffline = synced !== null && !synced.ok
  return done({ ok: true, threads, artist: studio.approvals.artist(), sync, isOffline }, [
    ...(synced && !synced.ok ? [`As of the last connection. ${synced.error.message}`] : []),
    ...(threads.length === 0 ? ['No approvals yet.'] : table(threads.map(rowOf))),
    ...(sync.queued > 0 ? [`${sync.queued} to send.`] : []),
  ])
}

/** Runs on one request, named by its id or the beginning of it. */
const withStudio = async (context: CommandContext, work: (studio: Studio) => Promise<Report>): Promise<Report> => {
  const studio = await context.studio()
  return studio.ok ? work(studio.value) : refused(studio.error)
}

export const approvalsShowCommand: Run<{ readonly request: string }> = (context, { request }) =>
  withStudio(context, async (studio) =>
    reportOf(studio.approvals.find(request), ({ thread, view }) =>
      done({ ok: true, thread, request: view }, [
        `${thread.remix.title}, made of ${thread.work.title}: ${thread.sentence}`,
        ...thread.requests.flatMap(requestLines),
        '  What was done:',
        ...doneLines(view),
      ]),
    ),
  )

/** Signs something, sends it where it can, and says how far it got. */
const spoken = async (context: CommandContext, studio: Studio, signed: Result<Record<string, string>>, words: string): Promise<Report> => {
  if (!signed.ok) return refused(signed.error)
  const sent = await sendNow(studio, context)
  return done({ ok: true, ...signed.value, isSent: sent.isSent }, [`${words} (${Object.values(signed.value)[0]})`, sent.line])
}

const parseTime = (text: string): number | null => {
  const match = /^(?:(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)s?$/.exec(text.trim())
  return match ? Math.round((Number(match[1] ?? 0) * 60 + Number(match[2])) * 1_000) : null
}

/** `0:12-0:20 too loud`, `0:12 here` or `32s here`. */
export const parseNote = (text: string): ApprovalNote => {
  const match = /^\s*([\d:.]+s?)(?:\s*[-–]\s*([\d:.]+s?))?\s+(\S[\s\S]*)$/.exec(text)
  const fromMs = parseTime(match?.[1] ?? '')
  const toMs = match?.[2] === undefined ? null : parseTime(match[2])
  if (!match || fromMs === null || (match[2] !== undefined && toMs === null) || (toMs !== null && toMs < fromMs))
    throw new UsageError(`--note: “${text}” is no note. Write a time or a range and what to say: "0:12-0:20 too loud".`)
  return { fromMs, toMs, text: (match[3] ?? '').slice(0, 4_000) }
}

const parseMoment = (text: string | undefined, option: string): string | null => {
  if (text === undefined) return null
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new UsageError(`${option}: “${text}” is no date. Write 2027-01-31 or 2027-01-31T12:00:00Z.`)
  return new Date(ms).toISOString()
}

export interface AnswerOptions {
  readonly request: string
  readonly verdict: string
  readonly condition?: readonly string[]
  readonly note?: readonly string[]
  readonly expires?: string
  readonly out?: string
}

export const answerCommand: Run<AnswerOptions> = (context, options) => {
  const verdict = Object.hasOwn(VERDICT_WORDS, options.verdict) ? VERDICT_WORDS[options.verdict] : undefined
  if (!verdict) throw new UsageError('--verdict takes approve, conditions, changes or refuse.')
  const notes = (options.note ?? []).map(parseNote)
  const expires = parseMoment(options.expires, '--expires')
  return withStudio(context, async (studio) => {
    const found = studio.approvals.find(options.request)
    if (!found.ok) {
      // It may wait at the service.
      if (studio.service.url !== null) await studio.approvals.sync({ signal: context.signal })
    }
    const answered = studio.approvals.answer({ request: options.request, verdict, conditions: options.condition ?? [], notes, expires })
    if (answered.ok && options.out !== undefined) {
      const file = studio.approvals.answerFile(options.request)
      const written = file.ok ? await writeText(options.out, JSON.stringify(file.value)) : file
      if (!written.ok) return refused(written.error)
    }
    return spoken(context, studio, answered, `Answered: ${options.verdict}`)
  })
}

export const approvalsRevokeCommand: Run<{ readonly answer: string; readonly reason?: string; readonly since?: string }> = (
  context,
  { answer, reason = '', since },
) => {
  const from = parseMoment(since, '--since')
  return withStudio(context, async (studio) =>
    spoken(context, studio, studio.approvals.revoke({ answer, reason, since: from }), 'Taken back for new exports'),
  )
}

export const approvalsCommentCommand: Run<{ readonly request: string; readonly text: string; readonly at?: string }> = (
  context,
  { request, text, at },
) => {
  const atMs = at === undefined ? null : parseTime(at)
  if (at !== undefined && atMs === null) throw new UsageError(`--at: “${at}” is no time. Write 0:12 or 12s.`)
  return withStudio(context, async (studio) => spoken(context, studio, studio.approvals.comment({ request, text, atMs }), 'Said'))
}

export const approvalsRemindCommand: Run<{ readonly request: string; readonly message?: string }> = (context, { request, message = '' }) =>
  withStudio(context, async (studio) =>
    spoken(context, studio, studio.approvals.comment({ request, text: message, kind: 'reminder' }), 'Reminded'),
  )

export const approvalsReviewCommand: Run<{ readonly request: string; readonly out: string }> = (context, { request, out }) =>
  withStudio(context, async (studio) =>
    reportOf(await writeReview(studio, request, out), (path) => done({ ok: true, out: path }, [`${path}: send it to the artist.`])),
  )

export const approvalsExportCommand: Run<{ readonly request: string; readonly out: string }> = (context, { request, out }) =>
  withStudio(context, async (studio) => {
    const file = studio.approvals.answerFile(request)
    return reportOf(file.ok ? await writeText(out, JSON.stringify(file.value)) : file, (path) =>
      done({ ok: true, out: path }, [`${path}: send it to the producer.`]),
    )
  })

export const approvalsImportCommand: Run<{ readonly file: string }> = (context, { file }) =>
  withStudio(context, async (studio) => {
    const path = resolve(file)
    let text: string
    try {
      const facts = await stat(path)
      if (!facts.isFile() || facts.size > 2 * MAX_REVIEW_LENGTH)
        return refused(fail('approval.file_unreadable', `“${basename(path)}” is neither a review nor an answer of Stemma.`).error)
      text = await readFile(path, 'utf8')
    } catch (error) {
      const failed: Result<never> = fileFailure(error, path)
      return failed.ok ? finding({ ok: false }, []) : refused(failed.error)
    }
    const taken = await studio.approvals.takeIn(basename(path), text)
    if (!taken.ok) return refused(taken.error)
    const sent = taken.value.kind === 'answer' && taken.value.added > 0 ? await sendNow(studio, context) : null
    return done({ ok: true, ...taken.value }, [taken.value.sentence, ...(sent ? [sent.line] : [])])
  })

export const artistInitCommand: Run<{ readonly name: string }> = (context, { name }) =>
  withStudio(context, async (studio) => {
    if (name.trim() === '' || name.length > 300) throw new UsageError('--name takes the name the artist is known by.')
    const artist = studio.approvals.makeArtist(name.trim())
    return done({ ok: true, artist: { kid: artist.kid, name: artist.name }, approver: JSON.parse(artist.approver) }, [
      `${artist.name} has the key ${artist.kid}. The licence of a work names it like this:`,
      ...artist.approver.split('\n'),
    ])
  })

export const artistUsageCommand: Run<Record<string, never>> = (context) =>
  withStudio(context, async (studio) =>
    reportOf(await studio.approvals.usage({ max: Number.MAX_SAFE_INTEGER, signal: context.signal }), (usage) => {
      const sums = new Map<string, { readonly title: string; readonly usedMs: number; readonly count: number }>()
      for (const { stem, title, usedMs } of usage.uses.flatMap(({ isWithdrawn, stems }) => (isWithdrawn ? [] : stems))) {
        const before = sums.get(stem) ?? { title, usedMs: 0, count: 0 }
        sums.set(stem, { title, usedMs: before.usedMs + usedMs, count: before.count + 1 })
      }
      return done(
        { ok: true, ...usage, sums: [...sums].map(([stem, sum]) => ({ stem, ...sum })) },
        usage.uses.length === 0
          ? ['No export with a stem of yours is in the log yet.']
          : [
              ...usage.uses.flatMap((use) => [
                `${use.issuedAt.slice(0, 16).replace('T', ' ')}  ${use.remixTitle ?? use.workTitle}  ${use.format}, ${use.scope}, AI: ${use.containsAI}${use.approval === null ? '' : `, ${use.approval.replaceAll('_', ' ')}`}${use.isWithdrawn ? ', withdrawn' : ''}  ${use.receipt}`,
                ...use.stems.map(
                  ({ title, usedMs, operations }) =>
                    `    ${title}, ${formatDuration(usedMs)}: ${operations.map(({ text, fromMs, toMs }) => `${text} ${formatDuration(fromMs)}–${formatDuration(toMs)}`).join('; ') || 'as it was recorded'}`,
                ),
              ]),
              'A time behind an operation is where in the export it lies, from its first place to its last, as the receipt has it.',
              ...table([...sums.values()].map(({ title, usedMs, count }) => [title, formatDuration(usedMs), `in ${count} exports`])),
            ],
      )
    }),
  )

export const artistKeyCommand: Run<{ readonly out?: string; readonly secret?: boolean }> = (context, { out, secret = false }) =>
  withStudio(context, async (studio) => {
    const artist = studio.approvals.artist()
    const key = studio.identity.artist()
    if (!artist || !key)
      return refused(fail('approval.no_artist', 'This home has no artist’s key yet. Make one with artist init --name NAME.').error)
    const value: unknown = secret ? key.secretJwk() : JSON.parse(artist.approver)
    const text = JSON.stringify(value, null, 2)
    if (out === undefined) return done({ ok: true, [secret ? 'secret' : 'approver']: value }, text.split('\n'))
    return reportOf(await writeText(out, `${text}\n`), (path) =>
      done({ ok: true, out: path }, [
        secret
          ? `${path}: whoever has this file can say yes in the name of ${artist.name}. Keep it safe.`
          : `${path}: for the licence of your works.`,
      ]),
    )
  })
