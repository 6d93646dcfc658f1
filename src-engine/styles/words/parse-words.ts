// "darker, half-time chorus, keep the lead vocal dry" read by a typed grammar: clauses of modifiers, qualities, targets and shapes. A word has a meaning
// only where something is done because of it; every other one is said not to be understood.
import { clausesOf, type Found, type WordContext } from './clauses.ts'
import { type Axis, AXIS_WORDS, CANNOT_BE_LESS, SECTION_STYLES } from './lexicon.ts'

export type { WordContext } from './clauses.ts'

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
  /** A plain sentence; null where nothing is done because of it. */
  readonly meaning: string | null
}

export interface WordUnderstanding {
  readonly readings: readonly WordReading[]
  readonly notUnderstood: readonly string[]
  readonly actions: readonly WordAction[]
}

/** Longest text that is read. */
export const MAX_WORDS_TEXT = 1_000

const targetWords = (target: WordTarget): string =>
  target.kind === 'all' ? 'everything' : target.kind === 'rest' ? 'everything else' : target.name

const ofWords = (targets: readonly WordTarget[]): string => (targets.length === 0 ? 'everything' : targets.map(targetWords).join(' and '))

const targetOf = (one: Found): WordTarget | undefined => {
  if (one.kind === 'track') return { kind: 'track', name: one.name }
  if (one.kind !== 'target') return undefined
  if (one.target === 'all' || one.target === 'rest') return { kind: one.target }
  return 'role' in one.target ? { kind: 'role', name: one.target.role } : { kind: 'part', name: one.target.part }
}

const targetMeaning = (target: WordTarget): string => {
  if (target.kind === 'track') return `the track ${target.name}`
  if (target.kind === 'role') return `every ${target.name} track`
  return target.kind === 'part' ? `the ${target.name}` : targetWords(target)
}

const BASE_AMOUNT = 0.6

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))

/** An action, and the words that asked for it. */
interface Asked {
  readonly action: WordAction
  readonly by: readonly Found[]
}

/** The words that change how much of the next quality is asked for, as far as they were read. */
class Modifiers {
  scale = 1
  isLess = false
  isNot = false
  isWithout = false
  words: (readonly [Found, string])[] = []
  #wasUsed = false

  add(one: Found & { readonly kind: 'amount' | 'less' | 'not' | 'without' }): void {
    // “less reverb more echo”: the second begins anew.
    if (this.#wasUsed) this.reset()
    if (one.kind === 'amount') {
      this.scale = one.scale
      this.words.push([one, one.scale > 1 ? 'a lot' : one.scale < 1 ? 'a little' : 'more'])
    } else if (one.kind === 'less') {
      this.isLess = true
      this.words.push([one, 'less of what follows'])
    } else if (one.kind === 'not') {
      this.isNot = true
      this.words.push([one, 'the other way, a little'])
    } else {
      this.isWithout = true
      this.words.push([one, 'less of what follows'])
    }
  }

  /** 1 for more, −1 for less; undefined where it is turned round twice, which nobody reads the same. */
  get direction(): number | undefined {
    if ([this.isLess, this.isNot, this.isWithout].filter(Boolean).length > 1) return undefined
    return this.isLess || this.isWithout ? -1 : this.isNot ? -0.5 : 1
  }

  used(): void {
    this.#wasUsed = true
  }

  reset(): void {
    this.scale = 1
    this.isLess = false
    this.isNot = false
    this.isWithout = false
    this.words = []
    this.#wasUsed = false
  }
}

/** Reads one clause. */
const readClause = (clause: readonly Found[], asked: Asked[], meanings: Map<Found, string>): void => {
  const targets = clause.flatMap((one) => targetOf(one) ?? [])
  const own = targets.filter((target) => target.kind !== 'all')
  const sections = clause.filter((one) => one.kind === 'section')
  const keep = clause.find((one) => one.kind === 'keep')
  const number = clause.find((one) => one.kind === 'number')
  const percent = number?.unit === '%' ? number.value : undefined
  const modifiers = new Modifiers()
  let isAsked = false
  let isOfTargets = false
  const ask = (by: Found, action: WordAction, meaning: string, words: readonly (readonly [Found, string])[] = []): void => {
    asked.push({ action, by: [by, ...words.map(([word]) => word)] })
    meanings.set(by, meaning)
    for (const [word, said] of words) meanings.set(word, said)
    isAsked = true
    isOfTargets ||= 'targets' in action
  }
  const askQuality = (by: Found, axis: Axis, amount: number): void => {
    if (amount === 0 || (amount < 0 && CANNOT_BE_LESS.has(axis))) return
    const word = AXIS_WORDS[axis][amount < 0 ? 0 : 1]
    // A song has one speed.
    const isWhole = axis === 'speed' && own.length > 0
    const said = `${word}${isWhole ? ', the whole song' : own.length > 0 ? `, ${ofWords(own)}` : ''}`
    const wasOfTargets = isOfTargets
    ask(by, { do: 'quality', axis, amount, targets: isWhole ? [] : own }, said, modifiers.words)
    if (isWhole) isOfTargets = wasOfTargets
    modifiers.used()
  }
  const askSpare = (by: Found, ops: readonly string[] | 'all', said: string): void => {
    ask(by, { do: 'spare', ops, targets: own }, said, modifiers.words)
    modifiers.used()
  }
  for (const one of clause) {
    const { direction } = modifiers
    switch (one.kind) {
      case 'amount':
      case 'less':
      case 'not':
      case 'without':
        modifiers.add(one)
        break
      case 'quality': {
        if (keep) {
          const isDry = one.axis === 'space' && one.sign < 0
          if (direction === 1)
            askSpare(
              one,
              isDry ? ['reverb', 'delay'] : 'all',
              isDry ? `no reverb and no echo on ${ofWords(own)}` : `${ofWords(own)} stays as it is`,
            )
        } else if (direction !== undefined && one.axis === 'speed' && percent !== undefined && number) {
          const by = within(Math.sign(direction) * one.sign * Math.round(percent * 10), -500, 1_000)
          // The number says how much: “a bit” beside it does nothing.
          const turns = modifiers.words.filter(([word]) => word.kind !== 'amount')
          ask(one, { do: 'speed', permille: 1_000 + by }, AXIS_WORDS.speed[by < 0 ? 0 : 1], turns)
          meanings.set(number, `by ${Math.abs(by) / 10} %`)
        } else if (direction !== undefined) {
          const much = percent === undefined ? BASE_AMOUNT * modifiers.scale : percent / 60
          askQuality(one, one.axis, within(Math.round(direction * one.sign * much * 100) / 100, -1, 1))
          if (number && percent !== undefined && meanings.has(one)) meanings.set(number, 'how much')
        }
        // What is not wanted may have several qualities: “no dark muffled guitars”. Of the others each has its own.
        if (!modifiers.isWithout) modifiers.reset()
        break
      }
      case 'substance': {
        const word = one.token.text.toLowerCase()
        if (keep) askSpare(one, one.ops, `its ${word} stays as it is`)
        else if (direction === undefined) break
        else if ((modifiers.isWithout || modifiers.isNot) && one.isAdded) {
          askSpare(one, one.ops, `no ${word} put on ${ofWords(own)}`)
          for (const [said] of modifiers.words) meanings.set(said, 'none of what follows')
        } else askQuality(one, one.axis, within(Math.round(Math.sign(direction) * BASE_AMOUNT * modifiers.scale * 100) / 100, -1, 1))
        break
      }
      case 'structure': {
        // There is no opposite of a shape: “no build” asks for nothing.
        if (direction !== 1) break
        const params: Record<string, number | string | boolean> = { ...one.params }
        let said = `the style ${one.style}`
        if (number?.unit === 's' && one.style === 'edit-60s') {
          params.seconds = within(Math.round(number.value), 15, 240)
          meanings.set(number, `${params.seconds} s`)
        }
        if (sections.length === 0) ask(one, { do: 'style', style: one.style, params }, said)
        else if (!SECTION_STYLES.has(one.style)) {
          said += ', on the whole song: it cannot be kept to a section'
          ask(one, { do: 'style', style: one.style, params }, said)
        } else {
          const names = new Map(sections.map(({ section }) => [section.toLowerCase(), section]))
          said += ` in ${[...names.values()].join(' and ')}`
          for (const section of names.values()) ask(one, { do: 'style', style: one.style, params: { ...params, section } }, said)
          for (const section of sections) meanings.set(section, `in ${section.section}`)
        }
        break
      }
      case 'number':
        if (direction !== 1) break
        if (one.unit === 'bpm') {
          const milliBpm = within(Math.round(one.value * 1000), 20_000, 400_000)
          ask(one, { do: 'tempo', milliBpm }, `the tempo, ${milliBpm / 1000} BPM`)
        } else if (one.unit === 's' && !clause.some((part) => part.kind === 'structure')) {
          const seconds = within(Math.round(one.value), 15, 240)
          ask(one, { do: 'style', style: 'edit-60s', params: { seconds } }, `a short edit of ${seconds} s`)
        }
        break
      case 'keep':
      case 'target':
      case 'track':
      case 'section':
      case 'unknown':
      case 'filler':
        break
    }
  }
  const isBare = clause.every(({ kind }) => kind !== 'quality' && kind !== 'substance' && kind !== 'structure')
  if (!isAsked && isBare && own.length > 0) {
    const word = (kind: Found['kind']): Found | undefined => clause.find((one) => one.kind === kind)
    const without = word('without')
    const amount = word('less') ?? word('amount')
    if (keep) {
      modifiers.reset()
      askSpare(keep, 'all', 'to stay as it is')
    } else if (without) {
      ask(without, { do: 'mute', targets: own }, 'taken away')
    } else if (amount && modifiers.direction !== undefined && !modifiers.isNot) {
      const said = modifiers.words.find(([one]) => one === amount)?.[1] ?? ''
      const level = within(Math.round(modifiers.direction * BASE_AMOUNT * modifiers.scale * 100) / 100, -1, 1)
      ask(amount, { do: 'quality', axis: 'level', amount: level, targets: own }, said)
    }
  } else if (keep && asked.some(({ action, by }) => action.do === 'spare' && by.some((one) => clause.includes(one))))
    meanings.set(keep, 'to stay as it is')
  for (const one of clause) {
    const target = targetOf(one)
    if (target && (isOfTargets || (isAsked && target.kind === 'all'))) meanings.set(one, targetMeaning(target))
  }
}

/** Reads a wish. Never fails: what it cannot read is in `notUnderstood`. Only the first 1,000 characters are read. */
export const parseWords = (wish: string, context: WordContext): WordUnderstanding => {
  const text = wish.slice(0, MAX_WORDS_TEXT)
  const asked: Asked[] = []
  const meanings = new Map<Found, string>()
  const clauses = clausesOf(text, context)
  for (const clause of clauses) readClause(clause, asked, meanings)
  // A number says how fast: then a word alone does not.
  const isExact = asked.some(({ action }) => action.do === 'speed' || action.do === 'tempo')
  const isOutdone = ({ action }: Asked): boolean => isExact && action.do === 'quality' && action.axis === 'speed'
  for (const one of asked) if (isOutdone(one)) for (const word of one.by) meanings.delete(word)
  const readings = clauses
    .flat()
    .flatMap((one): WordReading[] =>
      one.kind === 'filler'
        ? []
        : [{ fromIndex: one.token.from, toIndex: one.token.to, text: one.token.text, meaning: meanings.get(one) ?? null }],
    )
  return {
    readings,
    notUnderstood: readings.flatMap((reading) => (reading.meaning === null ? [reading.text] : [])),
    actions: asked.filter((one) => !isOutdone(one)).map(({ action }) => action),
  }
}
