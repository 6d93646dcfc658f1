// A wish cut into clauses of words that were found: between commas, at joints, and where one thought stands behind another.
import { type Entry, LEXICON, LONGEST_PHRASE } from './lexicon.ts'

/** Names a remix adds to the words: its tracks and its sections. */
export interface WordContext {
  readonly tracks: readonly { readonly id: string; readonly name: string; readonly role: string; readonly part: string }[]
  readonly sections: readonly string[]
}

/** A stretch of the wish. */
export interface Token {
  readonly text: string
  readonly from: number
  readonly to: number
}

/** A stretch and what the grammar, or the remix, calls it. */
export type Found = (
  | Entry
  | { readonly kind: 'number'; readonly value: number; readonly unit: 'bpm' | '%' | 's' }
  | { readonly kind: 'track'; readonly name: string }
  | { readonly kind: 'unknown' }
) & {
  readonly token: Token
}

const tokensOf = (text: string): readonly (Token | 'stop')[] => {
  const tokens: (Token | 'stop')[] = []
  const pattern =
    /(\d+(?:[.,]\d+)?\s*(?:bpm|%|percent|seconds?|secs?|s)\b|\d+(?:[.,]\d+)?\s*%)|([\p{L}\p{N}]+(?:['’\-/][\p{L}\p{N}]+)*)|([,;.:!?\n]+)/giu
  for (const match of text.matchAll(pattern)) {
    if (match[3] !== undefined) tokens.push('stop')
    else tokens.push({ text: match[0].toLowerCase().replace('’', "'"), from: match.index, to: match.index + match[0].length })
  }
  return tokens
}

const join = (tokens: readonly Token[]): string => tokens.map((token) => token.text).join(' ')

const spanOf = (text: string, tokens: readonly Token[]): Token => {
  const from = tokens[0]?.from ?? 0
  const to = tokens.at(-1)?.to ?? from
  return { text: text.slice(from, to), from, to }
}

const numberOf = (token: Token): { value: number; unit: 'bpm' | '%' | 's' } | null => {
  const match = /^(\d+(?:[.,]\d+)?)\s*(bpm|%|percent|s|secs?|seconds?)$/.exec(token.text)
  if (!match) return null
  const unit = match[2] === 'bpm' ? 'bpm' : match[2] === '%' || match[2] === 'percent' ? '%' : 's'
  return { value: Number((match[1] ?? '0').replace(',', '.')), unit }
}

const findAll = (text: string, tokens: readonly Token[], context: WordContext): readonly Found[] => {
  const names = new Map<string, { kind: 'track' | 'section'; name: string }>()
  for (const { name } of context.tracks)
    if (name.trim() !== '') names.set(join(tokensOf(name).filter((one) => one !== 'stop')), { kind: 'track', name })
  for (const name of context.sections) names.set(join(tokensOf(name).filter((one) => one !== 'stop')), { kind: 'section', name })
  const found: Found[] = []
  for (let i = 0; i < tokens.length; ) {
    let size = 0
    let hit: Found | undefined
    for (let count = Math.min(Math.max(LONGEST_PHRASE, 6), tokens.length - i); count >= 1 && !hit; count--) {
      const part = tokens.slice(i, i + count)
      const phrase = join(part)
      const token = spanOf(text, part)
      const number = count === 1 && part[0] ? numberOf(part[0]) : null
      // A word of the grammar wins over a track that is called the same: “drums” means all of them.
      const entry = LEXICON.get(phrase)
      const name = names.get(phrase)
      if (number) hit = { kind: 'number', ...number, token }
      else if (entry && !(name && entry.kind === 'filler')) hit = { ...entry, token }
      else if (name?.kind === 'track') hit = { kind: 'track', name: name.name, token }
      else if (name) hit = { kind: 'section', section: name.name, token }
      size = count
    }
    const first = tokens[i]
    if (hit) found.push(hit)
    else if (first) found.push({ kind: 'unknown', token: spanOf(text, [first]) })
    i += hit ? size : 1
  }
  return found
}

/** A joint that starts a new clause where a whole thought stands before it. */
const JOINTS: ReadonlySet<string> = new Set(['and', 'but', 'then', 'with'])

const isJoint = (one: Found | undefined): boolean => one?.kind === 'filler' && JOINTS.has(one.token.text.toLowerCase())

const isTarget = (one: Found): boolean => one.kind === 'target' || one.kind === 'track'

/** Whether something is asked for, or asked away, already. */
const isThought = (one: Found): boolean =>
  one.kind === 'quality' || one.kind === 'structure' || one.kind === 'keep' || one.kind === 'without' || one.kind === 'number'

/** What stands from here to the next joint. */
const untilJoint = (found: readonly Found[], from: number): readonly Found[] => {
  const end = found.findIndex((one, i) => i >= from && isJoint(one))
  return found.slice(from, end < 0 ? found.length : end)
}

/** “chorus and verse”, “drums and bass”: names that go on with the thought before them. */
const goesOn = (found: readonly Found[], joint: number): boolean => {
  const next = untilJoint(found, joint + 1)
  return (
    found[joint]?.token.text.toLowerCase() === 'and' &&
    next.some((one) => one.kind !== 'filler') &&
    next.every((one) => one.kind === 'section' || one.kind === 'filler' || isTarget(one))
  )
}

const startsAnew = (clause: readonly Found[], found: readonly Found[], i: number): boolean => {
  const one = found[i]
  if (!one) return false
  if (isJoint(one)) return i > 0 && clause.some(isThought) && !goesOn(found, i)
  // “darker without drums”: what is taken away is named after it, so that the thought before is whole.
  if (one.kind === 'without')
    return clause.some((part) => isThought(part) || part.kind === 'substance') && untilJoint(found, i + 1).some(isTarget)
  // “no drums darker”: once it is said what is taken away, the next is a thought of its own.
  if (one.kind === 'quality' || one.kind === 'structure' || one.kind === 'amount' || one.kind === 'less' || one.kind === 'number') {
    const from = clause.findIndex((part) => part.kind === 'without')
    return from >= 0 && clause.slice(from).some(isTarget) && clause.slice(from).every((part) => part.kind !== 'quality')
  }
  return false
}

/** The clauses of a wish, in order. */
export const clausesOf = (text: string, context: WordContext): readonly (readonly Found[])[] => {
  const clauses: Found[][] = []
  let run: Token[] = []
  const flush = (): void => {
    let clause: Found[] = []
    const found = findAll(text, run, context)
    for (const [i, one] of found.entries()) {
      if (startsAnew(clause, found, i)) {
        clauses.push(clause)
        clause = []
      }
      clause.push(one)
    }
    if (clause.length > 0) clauses.push(clause)
    run = []
  }
  for (const token of tokensOf(text)) {
    if (token === 'stop') flush()
    else run.push(token)
  }
  flush()
  return clauses
}
