// What was done to which stem, in plain words, and what of it a trained model did.
import { Bot } from 'lucide-react'
import { type Role, ROLES } from '../../src-shared/remix/index.ts'
import type { ApprovalRequest } from '../../src-shared/approvals/index.ts'
import { modelName } from '../inspector/index.ts'
import { Badge, countOf, RoleMark } from '../parts/index.ts'
import { timeOf } from './words.ts'

const AI_WORDS = { None: 'No AI took part', Partly: 'Partly AI', All: 'All of it is AI' } as const

const roleOf = (role: string): Role => ROLES.find((known) => known === role) ?? 'other'

/** AI credits of a request, as the export would carry them. */
export const AiCredits = ({ ai }: { ai: ApprovalRequest['ai'] }) => {
  const named = ai.contributions.filter(({ value }) => value !== 'None')
  return (
    <p className="done-ai">
      <Badge tone={ai.containsAI === 'None' ? 'neutral' : 'info'}>{AI_WORDS[ai.containsAI]}</Badge>
      <span className="muted">
        {named
          .map(({ role, value, model }) => `${role}: ${value.toLowerCase()}${model === undefined ? '' : `, by ${modelName(model)}`}`)
          .join(' · ')}
      </span>
    </p>
  )
}

type Done = ApprovalRequest['done'][number]

/** So many stems that were treated alike are told together. */
const TOGETHER = 3

/** Stems in their order; those with the same times and lines stand together where they are several. */
const groupsOf = (done: readonly Done[]): readonly (readonly [Done, ...Done[]])[] => {
  const groups = new Map<string, [Done, ...Done[]]>()
  for (const one of done) {
    const key = JSON.stringify([one.usedMs, one.lines])
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()].flatMap((group) => (group.length >= TOGETHER ? [group] : group.map((one): [Done] => [one])))
}

const Lines = ({ lines, onPlace }: { lines: Done['lines']; onPlace: (fromMs: number, toMs: number) => void }) => (
  <ul className="done-lines">
    {lines.length === 0 && <li className="muted">As it was recorded</li>}
    {lines.map(({ text, fromMs, toMs, model }) => (
      <li key={text}>
        {model !== null && <Bot size={13} className="tone-info" aria-label="By a trained model" />}
        <span>{text}</span>
        <button type="button" className="time-link" title="Go there" onClick={() => onPlace(fromMs, toMs)}>
          {timeOf(fromMs, 0)}–{timeOf(toMs, 0)}
        </button>
      </li>
    ))}
  </ul>
)

/** The list; a line's times go to the place where it is heard. */
export const DoneList = ({ request, onPlace }: { request: ApprovalRequest; onPlace: (fromMs: number, toMs: number) => void }) => (
  <section className="done" aria-label="What was done to which stem">
    <header className="part-head">
      <h3 className="caps">What was done</h3>
      <span className="muted">{countOf(request.done.length, 'stem')}</span>
    </header>
    <AiCredits ai={request.ai} />
    <ul className="done-stems">
      {groupsOf(request.done).map((group) => {
        const [{ stem, title, role, usedMs, lines }] = group
        return (
          <li key={stem} className="done-stem">
            {group.length === 1 ? (
              <span className="done-name">
                <RoleMark role={roleOf(role)} label />
                <b className="ellipsis" title={title}>
                  {title}
                </b>
                <small className="muted">heard {timeOf(usedMs, 0)}</small>
              </span>
            ) : (
              <span className="done-name">
                <span className="done-marks">
                  {[...new Set(group.map((one) => roleOf(one.role)))].map((one) => (
                    <RoleMark key={one} role={one} label />
                  ))}
                </span>
                <b>{countOf(group.length, 'stem')}</b>
                <small className="muted">heard {timeOf(usedMs, 0)} each</small>
              </span>
            )}
            <div>
              {group.length > 1 && <p className="done-names selectable">{group.map((one) => one.title).join(', ')}</p>}
              <Lines lines={lines} onPlace={onPlace} />
            </div>
          </li>
        )
      })}
    </ul>
  </section>
)
