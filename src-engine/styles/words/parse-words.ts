// "darker, half-time chorus, keep the lead vocal dry" read by a typed grammar: clauses of modifiers, qualities, targets and shapes. What each word was
// taken for is said, and so is what was not understood.
import { type Axis, AXIS_WORDS, type Entry, LEXICON, LONGEST_PHRASE } from './lexicon.ts'

/** Names a remix adds to the words: its tracks and its sections. */
export interface WordContext {
  readonly tracks: readonly { readonly id: string; readonly name: string; readonly role: string; readonly part: string }[]
  readonly sections: readonly string[]
}

export type WordTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'rest' }
  | { readonly kind: 'role' | 'part' | 'track'; readonly name: string }

/** What a clause asks for. */
export type WordAction =
  | { readonly do: 'quality'; readonly axis: Axis; readonly amount: number; readonly targets: readonly WordTarget[] }
  | { readonly do: 'spare'; readonly ops: readonly string[] | 'all'; readonly targets: readonly WordTarget[] }
  | { readonly do: 'mute'; readonly targets: readonly WordTarget[] }
  | { readonly do: 'tempo'; readonly milliBpm: number }
  | { readonly do: 'speed'; readonly permille: number }
  | { readonly do: 'style'; readonly style: string; readonly params: Readonly<Record<string, number | string | boolean>> }

/** One stretch of the text and what it was taken for. */
export interface WordReading {
  readonly fromIndex: number
  readonly toIndex: number
  readonly text: string
  /** A plain sentence; null where it was not understood. */
  readonly meaning: string | null
}

export interface WordUnderstanding {
  readonly readings: readonly WordReading[]
  readonly notUnderstood: readonly string[]
  readonly actions: readonly WordAction[]
}

interface Token {
  readonly text: string
  readonly from: number
  readonly to: number
}

type Found = (
  | Entry
  | { readonly kind: 'number'; readonly value: number; readonly unit: 'bpm' | '%' | 's' }
  | { readonly kind: 'track'; readonly name: string }
  | { readonly kind: 'unknown' }
) & {
  readonly token: Token
}

/** Longest text that is read. */
export const MAX_WORDS_TEXT = 1_000

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

/** Clauses: between commas, and at “and”, “but”, “then” where something was asked for already and something new begins. */
const clausesOf = (text: string, context: WordContext): readonly (readonly Found[])[] => {
  const clauses: Found[][] = []
  let run: Token[] = []
  const flush = (): void => {
    let clause: Found[] = []
    for (const [i, one] of findAll(text, run, context).entries()) {
      const isJoint = i > 0 && one.kind === 'filler' && JOINTS.has(one.token.text.toLowerCase())
      if (
        isJoint &&
        clause.some(
          (part) =>
            part.kind === 'quality' ||
            part.kind === 'structure' ||
            part.kind === 'keep' ||
            part.kind === 'without' ||
            part.kind === 'number',
        )
      ) {
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

const targetWords = (target: WordTarget): string =>
  target.kind === 'all' ? 'everything' : target.kind === 'rest' ? 'everything else' : target.name

const ofWords = (targets: readonly WordTarget[]): string => (targets.length === 0 ? 'everything' : targets.map(targetWords).join(' and '))

const BASE_AMOUNT = 0.6

/** Reads one clause. */
const readClause = (clause: readonly Found[], actions: WordAction[], readings: WordReading[]): void => {
  const say = (token: Token, meaning: string | null): void =>
    void readings.push({ fromIndex: token.from, toIndex: token.to, text: token.text, meaning })
  const targets: WordTarget[] = clause.flatMap((one): WordTarget[] => {
    if (one.kind === 'track') return [{ kind: 'track', name: one.name }]
    if (one.kind !== 'target') return []
    if (one.target === 'all' || one.target === 'rest') return [{ kind: one.target }]
    return 'role' in one.target ? [{ kind: 'role', name: one.target.role }] : [{ kind: 'part', name: one.target.part }]
  })
  const own = targets.filter((target) => target.kind !== 'all')
  const section = clause.find((one) => one.kind === 'section')
  const keep = clause.find((one) => one.kind === 'keep')
  const without = clause.find((one) => one.kind === 'without')
  const shape = clause.find((one) => one.kind === 'structure')
  const qualities = clause.filter((one) => one.kind === 'quality')
  const substances = clause.filter((one) => one.kind === 'substance')
  const number = clause.find((one) => one.kind === 'number')
  let scale = 1
  let isLess = false
  let isNot = false
  let hasAmount = false
  let wasUsed = false
  for (const one of clause) {
    switch (one.kind) {
      case 'amount':
        scale = one.scale
        hasAmount = true
        say(one.token, one.scale > 1 ? 'a lot' : one.scale < 1 ? 'a little' : 'more')
        break
      case 'less':
        isLess = true
        hasAmount = true
        say(one.token, 'less of what follows')
        break
      case 'not':
        isNot = true
        say(one.token, 'the other way, a little')
        break
      case 'quality': {
        if (keep) {
          const isDry = one.axis === 'space' && one.sign < 0
          actions.push({ do: 'spare', ops: isDry ? ['reverb', 'delay'] : 'all', targets: own })
          say(one.token, isDry ? `no reverb and no echo on ${ofWords(own)}` : `${ofWords(own)} stays as it is`)
        } else {
          const direction = (isLess ? -1 : isNot ? -0.5 : 1) * one.sign
          const byHand = number?.unit === '%' ? number.value / 60 : BASE_AMOUNT * scale
          const amount = Math.max(-1, Math.min(1, Math.round(direction * byHand * 100) / 100))
          // Dry and near are asked of what is named; what is not named keeps its room.
          actions.push({ do: 'quality', axis: one.axis, amount, targets: own })
          say(one.token, `${AXIS_WORDS[one.axis][amount < 0 ? 0 : 1]}${own.length > 0 ? `, ${ofWords(own)}` : ''}`)
        }
        wasUsed = true
        scale = 1
        isLess = false
        isNot = false
        break
      }
      case 'substance': {
        if (keep) {
          actions.push({ do: 'spare', ops: one.ops, targets: own })
          say(one.token, `its ${one.token.text} stays as it is`)
        } else if (without || isNot) {
          actions.push(
            one.ops.length > 0
              ? { do: 'spare', ops: one.ops, targets: own }
              : { do: 'quality', axis: one.axis, amount: -BASE_AMOUNT, targets: own },
          )
          say(one.token, `no ${one.token.text.toLowerCase()} on ${ofWords(own)}`)
        } else {
          const amount = Math.max(-1, Math.min(1, Math.round((isLess ? -1 : 1) * BASE_AMOUNT * scale * 100) / 100))
          actions.push({ do: 'quality', axis: one.axis, amount, targets: own })
          say(one.token, `${AXIS_WORDS[one.axis][amount < 0 ? 0 : 1]}${own.length > 0 ? `, ${ofWords(own)}` : ''}`)
        }
        wasUsed = true
        break
      }
      case 'structure': {
        const params: Record<string, number | string | boolean> = { ...one.params }
        const named = section?.kind === 'section' ? section.section : undefined
        if (
          named !== undefined &&
          ['half-time', 'double-time', 'build', 'drop', 'breakdown', 'call-and-answer', 'loop-edit'].includes(one.style)
        )
          params.section = named
        if (number?.unit === 's' && one.style === 'edit-60s') params.seconds = Math.max(15, Math.min(240, Math.round(number.value)))
        actions.push({ do: 'style', style: one.style, params })
        say(one.token, `the style ${one.style}${params.section === undefined ? '' : ` in ${String(params.section)}`}`)
        wasUsed = true
        break
      }
      case 'keep':
        say(one.token, 'to stay as it is')
        break
      case 'without':
        say(one.token, 'taken away')
        break
      case 'target':
      case 'track': {
        const words =
          one.kind === 'track'
            ? `the track ${one.name}`
            : one.target === 'all'
              ? 'everything'
              : one.target === 'rest'
                ? 'everything else'
                : 'role' in one.target
                  ? `every ${one.target.role} track`
                  : `the ${one.target.part}`
        say(one.token, words)
        break
      }
      case 'section':
        say(one.token, shape ? `in ${one.section}` : null)
        break
      case 'number':
        if (one.unit === 'bpm') {
          actions.push({ do: 'tempo', milliBpm: Math.max(20_000, Math.min(400_000, Math.round(one.value * 1000))) })
          say(one.token, `the tempo, ${one.value} BPM`)
          wasUsed = true
        } else if (one.unit === 's' && !shape) {
          actions.push({ do: 'style', style: 'edit-60s', params: { seconds: Math.max(15, Math.min(240, Math.round(one.value))) } })
          say(one.token, `a short edit of ${Math.round(one.value)} s`)
          wasUsed = true
        } else if (one.unit === '%' && qualities.some((quality) => quality.kind === 'quality' && quality.axis === 'speed')) {
          const speed = qualities.find((quality) => quality.kind === 'quality' && quality.axis === 'speed')
          const sign = speed?.kind === 'quality' ? speed.sign : 1
          actions.push({ do: 'speed', permille: Math.max(500, Math.min(2_000, 1_000 + sign * Math.round(one.value * 10))) })
          say(one.token, `by ${one.value} %`)
        } else say(one.token, shape || qualities.length > 0 ? 'how much' : null)
        break
      case 'unknown':
        say(one.token, null)
        break
      case 'filler':
        break
    }
  }
  if (wasUsed || own.length === 0) {
    // A section that nothing was done in is told as not understood above; a bare “keep it” asks for nothing.
    return
  }
  if (keep) actions.push({ do: 'spare', ops: 'all', targets: own })
  else if (without) actions.push({ do: 'mute', targets: own })
  else if (hasAmount)
    actions.push({
      do: 'quality',
      axis: 'level',
      amount: Math.max(-1, Math.min(1, Math.round((isLess ? -1 : 1) * BASE_AMOUNT * scale * 100) / 100)),
      targets: own,
    })
  else if (substances.length === 0) {
    // A name alone says nothing to do.
    for (const [i, reading] of readings.entries())
      if (clause.some((one) => (one.kind === 'target' || one.kind === 'track') && one.token.from === reading.fromIndex))
        readings[i] = { ...reading, meaning: null }
  }
}

/** Reads a wish. Never fails: what it cannot read is in `notUnderstood`. Only the first 1,000 characters are read. */
export const parseWords = (wish: string, context: WordContext): WordUnderstanding => {
  const text = wish.slice(0, MAX_WORDS_TEXT)
  const actions: WordAction[] = []
  const readings: WordReading[] = []
  for (const clause of clausesOf(text, context)) readClause(clause, actions, readings)
  // A percentage says how much faster: then the word alone does not.
  const isExact = actions.some((action) => action.do === 'speed' || action.do === 'tempo')
  readings.sort((left, right) => left.fromIndex - right.fromIndex)
  return {
    readings,
    notUnderstood: readings.flatMap((reading) => (reading.meaning === null ? [reading.text] : [])),
    actions: actions.filter((action) => !(isExact && action.do === 'quality' && action.axis === 'speed')),
  }
}
