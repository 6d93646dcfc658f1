// What a style is: a described, typed recipe that a stage carries out. Styles are pure: remix, recipe and facts in, ordinary edits out.
import type { EditCommand, Recipe, RemixSnapshot } from '../../src-shared/remix/index.ts'
import type { Assessment } from '../../src-shared/provenance/index.ts'
import { fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import type { StyleFacts } from './facts.ts'
import type { Random } from './random.ts'
import type { RecipeOrder } from './recipe-order.ts'
import type { Stage } from './stage.ts'

export const STYLE_GROUPS = ['sound', 'arrangement', 'groove', 'match', 'revoice', 'words', 'own'] as const
export type StyleGroup = (typeof STYLE_GROUPS)[number]

export type ParamValue = number | string | boolean

/** One setting of a style. */
export type StyleParameter =
  | {
      readonly kind: 'number'
      readonly name: string
      readonly label: string
      readonly unit: string
      readonly min: number
      readonly max: number
      readonly default: number
      readonly step: number
    }
  | { readonly kind: 'toggle'; readonly name: string; readonly label: string; readonly default: boolean }
  | {
      readonly kind: 'choice'
      readonly name: string
      readonly label: string
      readonly choices: readonly { readonly value: string; readonly label: string }[]
      readonly default: string
    }
  /** Free text with a length of its own: the name of a section, a list of chords. */
  | { readonly kind: 'text'; readonly name: string; readonly label: string; readonly hint: string; readonly default: string }

/** What a style can use beyond the remix; it says so where it is missing. */
export const STYLE_NEEDS = [
  'sections',
  'beats',
  'onsets',
  'hits',
  'phrases',
  'notes',
  'profile',
  'reference',
  'second-work',
  'model',
] as const
export type StyleNeed = (typeof STYLE_NEEDS)[number]

export interface StyleDescriptor {
  readonly id: string
  readonly version: number
  readonly group: StyleGroup
  readonly label: string
  /** One sentence. */
  readonly description: string
  readonly parameters: readonly StyleParameter[]
  readonly needs: readonly StyleNeed[]
}

/** Settings by name, complete and within their ranges. */
export type StyleParams = Readonly<Record<string, ParamValue>>

export interface Style extends StyleDescriptor {
  /** Does its work on the stage. A refusal ends the run and nothing is changed. */
  readonly run: (stage: Stage, params: Settings) => Result<null> | undefined
  /** What it uses with these settings, where that is less than all of `needs`. */
  readonly needsWith?: (params: Settings, snapshot: RemixSnapshot, facts: StyleFacts) => readonly StyleNeed[]
  /** For a style made of others: these, in order, with a seed each. Each needs what it needs by itself. */
  readonly steps?: (params: Settings, seed: number) => Result<readonly StyleStep[]>
}

/** A style within another. */
export interface StyleStep {
  readonly style: Style
  readonly order: RecipeOrder
}

/** A style run before it is applied: a proposal. */
export interface StyleRun {
  readonly recipe: Recipe
  readonly commands: readonly EditCommand[]
  /** The remix after the commands. */
  readonly snapshot: RemixSnapshot
  /** The remix after the commands, compiled and judged. */
  readonly assessment: Assessment
  readonly leftOut: readonly LeftOut[]
  /** What needs the artist's yes before an export. */
  readonly asks: readonly string[]
  /** One line: what changed. */
  readonly summary: string
}

/** Something the style would have done, and the plain sentence why it did not. */
export interface LeftOut {
  readonly what: string
  readonly why: string
}

/** Typed reading of complete settings. */
export class Settings {
  readonly #values: StyleParams
  constructor(values: StyleParams) {
    this.#values = values
  }

  number(name: string): number {
    const value = this.#values[name]
    if (typeof value !== 'number') throw new RangeError(`the style has no number “${name}”`)
    return value
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  text(name: string): string {
    const value = this.#values[name]
    return typeof value === 'string' ? value : ''
  }
}

/** Longest text setting. */
export const MAX_TEXT = 2_000

export const num = (
  name: string,
  label: string,
  unit: string,
  [min, max, step]: readonly [min: number, max: number, step: number],
  standard: number,
): StyleParameter => ({ kind: 'number', name, label, unit, min, max, step, default: standard })

export const toggle = (name: string, label: string, standard: boolean): StyleParameter => ({
  kind: 'toggle',
  name,
  label,
  default: standard,
})

export const choice = (name: string, label: string, choices: Readonly<Record<string, string>>, standard: string): StyleParameter => ({
  kind: 'choice',
  name,
  label,
  choices: Object.entries(choices).map(([value, text]) => ({ value, label: text })),
  default: standard,
})

export const text = (name: string, label: string, hint: string, standard = ''): StyleParameter => ({
  kind: 'text',
  name,
  label,
  hint,
  default: standard,
})

const badParam = (style: StyleDescriptor, problem: string): { readonly ok: false; readonly error: Problem } =>
  fail('style.bad_param', `${style.label}: ${problem}`)

const readParam = (style: StyleDescriptor, parameter: StyleParameter, value: ParamValue): Result<ParamValue> => {
  switch (parameter.kind) {
    case 'number': {
      const { min, max, unit, label } = parameter
      if (typeof value !== 'number' || !Number.isFinite(value)) return badParam(style, `${label} is a number.`)
      const tail = unit === '' ? '' : ` ${unit}`
      return value < min || value > max
        ? badParam(style, `${label} runs from ${min}${tail} to ${max}${tail}; ${value} is outside.`)
        : ok(value)
    }
    case 'toggle':
      return typeof value === 'boolean' ? ok(value) : badParam(style, `${parameter.label} is on or off.`)
    case 'choice':
      return parameter.choices.some((one) => one.value === value)
        ? ok(value)
        : badParam(style, `${parameter.label} is one of ${parameter.choices.map((one) => one.value).join(', ')}.`)
    case 'text':
      if (typeof value !== 'string') return badParam(style, `${parameter.label} is a text.`)
      return value.length <= MAX_TEXT ? ok(value) : badParam(style, `${parameter.label} can have up to ${MAX_TEXT} characters.`)
  }
}

/** Completes settings with the defaults. Code: `style.bad_param`, for names and values the style does not take. */
export const readParams = (style: StyleDescriptor, given: Readonly<Record<string, ParamValue>>): Result<StyleParams> => {
  for (const name of Object.keys(given)) {
    if (!style.parameters.some((parameter) => parameter.name === name)) {
      const names = style.parameters.map((parameter) => parameter.name).join(', ')
      return badParam(style, `there is no setting “${name}”${names === '' ? '' : `; there are ${names}`}.`)
    }
  }
  const params: Record<string, ParamValue> = {}
  for (const parameter of style.parameters) {
    const value = Object.hasOwn(given, parameter.name) ? given[parameter.name] : undefined
    const read = readParam(style, parameter, value ?? parameter.default)
    if (!read.ok) return read
    params[parameter.name] = read.value
  }
  return ok(params)
}

/** Settings drawn within a style's bounds, nearer to its defaults than to its edges; texts stay as they are. `spread` 0 … 1: how far from the defaults. */
export const drawParams = (style: StyleDescriptor, random: Random, spread = 1): StyleParams => {
  const params: Record<string, ParamValue> = {}
  for (const parameter of style.parameters) {
    const own = random.fork(parameter.name)
    if (parameter.kind === 'number') {
      const { min, max, step, default: standard } = parameter
      // Two draws averaged lie nearer to the middle; from the default each side has its own width.
      const far = (own.next() + own.next() - 1) * spread
      const value = far < 0 ? standard + far * (standard - min) : standard + far * (max - standard)
      const steps = Math.round((value - min) / step)
      params[parameter.name] = Math.min(max, Math.round((min + steps * step) * 1e6) / 1e6)
    } else if (parameter.kind === 'toggle') params[parameter.name] = own.chance(0.3 * spread) ? !parameter.default : parameter.default
    else if (parameter.kind === 'choice')
      params[parameter.name] = own.chance(0.6 * spread) ? own.pick(parameter.choices).value : parameter.default
    else params[parameter.name] = parameter.default
  }
  return params
}
