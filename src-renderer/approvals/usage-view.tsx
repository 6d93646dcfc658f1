// Every second of each stem used: what the rights service's log says of the artist's stems, export by export, summed by stem.
import { AudioLines, Bot, RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ArtistUsage, ArtistUse } from '../../src-shared/protocol/index.ts'
import { Badge, Button, countOf, EmptyState, formatMoment, Loading, ProblemState, shortHash } from '../parts/index.ts'
import { loadUsage, showTab, useApprovals } from './approvals-store.ts'
import { placeOf, timeOf } from './words.ts'

interface StemSum {
  readonly stem: string
  readonly title: string
  readonly work: string
  readonly uses: readonly { readonly use: ArtistUse; readonly part: ArtistUse['stems'][number] }[]
  readonly usedMs: number
}

const sumsOf = ({ uses }: ArtistUsage): readonly StemSum[] => {
  const sums = new Map<string, StemSum>()
  for (const use of uses) {
    if (use.isWithdrawn) continue
    for (const part of use.stems) {
      const before = sums.get(part.stem) ?? { stem: part.stem, title: part.title, work: use.workTitle, uses: [], usedMs: 0 }
      sums.set(part.stem, { ...before, uses: [...before.uses, { use, part }], usedMs: before.usedMs + part.usedMs })
    }
  }
  return [...sums.values()].sort((a, b) => b.usedMs - a.usedMs)
}

/** A receipt has one span for each operation; what lies between two places of the same one is in it, too. */
const SPAN_HELP = 'Where in the export, from the first place to the last, as the receipt has it'

/** Operations with a key of their own: two of them may be alike to the second. */
const linesOf = (operations: ArtistUse['stems'][number]['operations']) => operations.map((one, i) => ({ ...one, key: `${i} ${one.op}` }))

const Use = ({ use }: { use: ArtistUse }) => (
  <li className="use">
    <p className="use-head">
      <b className="ellipsis" title={use.workTitle}>
        {use.remixTitle ?? `Export of ${use.workTitle}`}
      </b>
      {use.isWithdrawn ? (
        <Badge tone="neutral" title="The producer withdrew this line; it counts no longer.">
          withdrawn
        </Badge>
      ) : use.approval === null ? (
        <Badge tone="neutral">no approval needed</Badge>
      ) : (
        <Badge tone="good">{use.approval === 'approve' ? 'approved' : 'approved with conditions'}</Badge>
      )}
      {use.containsAI !== 'None' && <Badge tone="info">{use.containsAI === 'All' ? 'AI' : 'partly AI'}</Badge>}
      <time className="muted">{formatMoment(use.issuedAt)}</time>
    </p>
    <ul className="use-stems">
      {use.stems.map(({ stem, title, usedMs, operations }) => (
        <li key={stem}>
          <span className="ellipsis" title={title}>
            {title}
          </span>
          <span className="use-time" title="How long the stem is heard in the export">
            {timeOf(usedMs)}
          </span>
          <span className="muted">
            {operations.length === 0
              ? 'as it was recorded'
              : linesOf(operations).map(({ text, model, fromMs, toMs, key }) => (
                  <span key={key} className="use-op">
                    {model !== null && <Bot size={12} className="tone-info" aria-label="By a trained model" />}
                    {text}
                    <span className="use-span" title={SPAN_HELP}>
                      {placeOf(fromMs, toMs)}
                    </span>
                  </span>
                ))}
          </span>
        </li>
      ))}
    </ul>
    <p className="muted use-foot">
      <code className="code-chip selectable" title={use.receipt}>
        {shortHash(use.receipt)}
      </code>
      {use.format} · {timeOf(use.durationMs, 0)} · {use.scope === 'commercial' ? 'commercial' : 'personal use'}
      {use.logIndex !== null && ` · line ${use.logIndex} of the log`}
    </p>
  </li>
)

/** The artist's ledger. */
export const UsageView = () => {
  const { reply, problem, isLoading } = useApprovals((state) => state.usage)
  const artist = useApprovals((state) => state.artist)
  const [stem, setStem] = useState<string | null>(null)
  useEffect(() => {
    if (artist) void loadUsage()
  }, [artist])
  if (!artist)
    return (
      <EmptyState icon={AudioLines} title="For artists" action={<Button onClick={() => showTab('artist')}>Make artist profile</Button>}>
        With an artist profile you see here every second of each of your stems that was used, export by export.
      </EmptyState>
    )
  if (!reply && problem) return <ProblemState problem={problem} action={<Button onClick={() => void loadUsage()}>Try again</Button>} />
  if (!reply) return <Loading label="Asking the rights service" lines={6} />
  const sums = sumsOf(reply)
  const longest = Math.max(1, ...sums.map(({ usedMs }) => usedMs))
  const shown = reply.uses.filter((use) => stem === null || use.stems.some((part) => part.stem === stem))
  return (
    <section className="usage" aria-label="Use of my stems">
      <header className="part-head">
        <p className="muted">
          {problem
            ? `${problem.message} Shown: as of ${formatMoment(reply.asOf)}.`
            : `From the rights service’s log, as of ${formatMoment(reply.asOf)}. Exports made offline appear when they are synced.`}
        </p>
        <Button icon={RefreshCw} disabled={isLoading} onClick={() => void loadUsage()}>
          Refresh
        </Button>
      </header>
      {reply.uses.length === 0 ? (
        <EmptyState icon={AudioLines} title="Nothing was exported yet">
          As soon as a remix with one of your stems is exported and synced, its line appears here.
        </EmptyState>
      ) : (
        <div className="usage-columns">
          <ul className="usage-stems" aria-label="Stems">
            <li>
              <button
                type="button"
                className={stem === null ? 'usage-stem is-on' : 'usage-stem'}
                aria-pressed={stem === null}
                onClick={() => setStem(null)}
              >
                <b>All stems</b>
                <span className="use-time">{timeOf(sums.reduce((sum, { usedMs }) => sum + usedMs, 0))}</span>
              </button>
            </li>
            {sums.map((sum) => (
              <li key={sum.stem}>
                <button
                  type="button"
                  className={stem === sum.stem ? 'usage-stem is-on' : 'usage-stem'}
                  aria-pressed={stem === sum.stem}
                  onClick={() => setStem(sum.stem)}
                >
                  <span className="ellipsis" title={`${sum.title}, of ${sum.work}`}>
                    {sum.title} <small className="muted">{sum.work}</small>
                  </span>
                  <span className="use-time">{timeOf(sum.usedMs)}</span>
                  <span className="usage-bar" aria-hidden>
                    <span style={{ width: `${(sum.usedMs / longest) * 100}%` }} />
                  </span>
                  <small className="muted">in {countOf(sum.uses.length, 'export')}</small>
                </button>
              </li>
            ))}
          </ul>
          <ul className="uses" aria-label="Exports">
            {shown.map((use) => (
              <Use key={use.receipt} use={use} />
            ))}
          </ul>
        </div>
      )}
      {reply.isTruncated && <p className="muted">Only the newest lines are shown here; `stemma artist usage` gives all of them.</p>}
    </section>
  )
}
