// `stemma styles` and `style`: the recipes there are, running one on a remix, and keeping those of a remix as a style. The edits are those the window would make.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import {
  findStyle,
  orderOfOwnStyle,
  type ParamValue,
  type RecipeOrder,
  STYLE_DESCRIPTORS,
  styleById,
  type StyleDescriptor,
  type StyleParameter,
  understandWords,
} from '../../../src-engine/styles/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { applyStyle, readStyleFile, type Studio, styleToSave, termsOf, writeStyleFile } from '../../studio/index.ts'
import { type Run, UsageError } from '../command.ts'
import { done, refused, table } from '../output.ts'
import { withRemix } from './remix.ts'

const rangeWords = (parameter: StyleParameter): string => {
  switch (parameter.kind) {
    case 'number':
      return `${parameter.min} to ${parameter.max}${parameter.unit === '' ? '' : ` ${parameter.unit}`}, usually ${parameter.default}`
    case 'toggle':
      return `yes or no, usually ${parameter.default ? 'yes' : 'no'}`
    case 'choice':
      return `${parameter.choices.map((one) => one.value).join(', ')}; usually ${parameter.default}`
    case 'text':
      return parameter.hint
  }
}

export const stylesCommand: Run<{ readonly style?: string }> = async (_, { style: wanted }) => {
  if (wanted !== undefined) {
    const style = findStyle(wanted)
    if (!style.ok) return refused(style.error)
    const descriptor: StyleDescriptor | undefined = STYLE_DESCRIPTORS.find((one) => one.id === style.value.id)
    return done({ ok: true, style: descriptor }, [
      `${style.value.label}: ${style.value.description}`,
      ...table(style.value.parameters.map((parameter) => [`  ${parameter.name}`, parameter.label, rangeWords(parameter)])),
    ])
  }
  return done({ ok: true, styles: STYLE_DESCRIPTORS }, [
    ...table(STYLE_DESCRIPTORS.map(({ id, group, description }) => [id, group, description])),
    'More on one: stemma styles ID',
  ])
}

/** `k=v` texts as settings of a style, each read as the kind it is. */
export const readSettings = (style: StyleDescriptor, texts: readonly string[]): Result<Record<string, ParamValue>> => {
  const params: Record<string, ParamValue> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`Write a setting as name=value; “${text}” is not.`)
    const name = text.slice(0, at).trim()
    const value = text.slice(at + 1).trim()
    const parameter = style.parameters.find((one) => one.name === name)
    if (parameter?.kind === 'number') {
      const number = /^[+-]?\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN
      if (Number.isNaN(number)) return fail('style.bad_param', `${style.label}: ${parameter.label} is a number; “${value}” is not.`)
      params[name] = number
    } else if (parameter?.kind === 'toggle') {
      if (!/^(yes|no|on|off|true|false)$/i.test(value))
        return fail('style.bad_param', `${style.label}: ${parameter.label} is yes or no; “${value}” is neither.`)
      params[name] = /^(yes|on|true)$/i.test(value)
    } else params[name] = value
  }
  return ok(params)
}

export interface StyleOptions {
  readonly file: string
  readonly style: string
  readonly param?: readonly string[]
  readonly seed?: number
  /** A sound to match: an audio file, or the title or URN of a work that was pulled. */
  readonly reference?: string
  readonly out?: string
}

/** The name of a sound to match in a recipe. A file by this name is meant before a work. */
const readReference = async (
  { progress, signal }: Parameters<Run<StyleOptions>>[0],
  studio: Studio,
  wanted: string,
): Promise<Result<string>> => {
  const path = resolve(wanted)
  if (!existsSync(path)) {
    const works = studio.library.works()
    const work = works.find((one) => one.id === wanted || one.title.toLowerCase() === wanted.trim().toLowerCase())
    if (work) return ok(work.id)
  }
  const added = await studio.references.add(path, { signal, onProgress: (fraction, label) => progress.show(label, fraction) })
  return added.ok ? ok(added.value.sha256) : added
}

/** A built-in style by id, or one of the user's own from a `.json` file. */
const readOrder = async (wanted: string, param: readonly string[], seed: number): Promise<Result<RecipeOrder>> => {
  if (!/\.json$/i.test(wanted)) {
    const style = findStyle(wanted)
    if (!style.ok) return style
    const params = readSettings(style.value, param)
    return params.ok ? ok({ style: style.value.id, params: params.value, seed }) : params
  }
  if (param.length > 0) throw new UsageError('A style file has its settings inside; --param goes with built-in styles.')
  const own = await readStyleFile(resolve(wanted))
  return own.ok ? orderOfOwnStyle(own.value, seed) : own
}

const run = async (
  context: Parameters<Run<StyleOptions>>[0],
  file: string,
  order: RecipeOrder,
  out: string | undefined,
  first: readonly string[] = [],
): ReturnType<Run<StyleOptions>> => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return withRemix(studio.value, file, async (remix) => {
    const applied = await applyStyle(studio.value.factTools(remix.session.snapshot), remix.session, order, {
      signal: context.signal,
      onProgress: (fraction, label) => context.progress.show(label, fraction),
    })
    if (!applied.ok) return refused(applied.error)
    const path = resolve(out ?? file)
    const saved = await remix.save(path)
    if (!saved.ok) return refused(saved.error)
    const { recipe, summary, leftOut, asks, notes, commands } = applied.value.proposal
    return done({ ok: true, file: path, recipe, summary, leftOut, asks, notes, edits: commands.length }, [
      ...first,
      summary,
      ...leftOut.map(({ what, why }) => `Left out: ${what}. ${why}`),
      ...asks,
      ...notes,
    ])
  })
}

export const styleCommand: Run<StyleOptions> = async (context, { file, style, param = [], seed = 1, reference, out }) => {
  const order = await readOrder(style, param, seed)
  if (!order.ok) return refused(order.error)
  if (reference === undefined) return run(context, file, order.value, out)
  if (!styleById(order.value.style)?.needs.includes('reference'))
    throw new UsageError(`“${style}” matches nothing; --reference goes with the style match.`)
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const input = await readReference(context, studio.value, reference)
  return input.ok ? run(context, file, { ...order.value, inputs: [input.value] }, out) : refused(input.error)
}

export interface StyleSaveOptions {
  readonly file: string
  readonly out: string
  readonly name?: string
}

/** Saves what a remix was made with as a style file. */
export const styleSaveCommand: Run<StyleSaveOptions> = async (context, { file, out, name }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const path = resolve(out)
  return withRemix(studio.value, file, async (remix) => {
    const style = styleToSave(name ?? basename(path, '.json'), null, remix.session.snapshot)
    if (!style.ok) return refused(style.error)
    const written = await writeStyleFile(path, style.value)
    if (!written.ok) return refused(written.error)
    return done({ ok: true, file: path, style: style.value }, [
      ...style.value.steps.map((step, i) => `${i + 1}. ${styleById(step.style)?.label ?? step.style}`),
      `Saved “${style.value.name}”: ${path}`,
    ])
  })
}

export interface WordsOptions {
  readonly file: string
  readonly text: string
  readonly apply?: boolean
  readonly seed?: number
  readonly out?: string
}

export const wordsCommand: Run<WordsOptions> = async (context, { file, text, apply = false, seed = 1, out }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  if (apply) return run(context, file, { style: 'words', params: { text: text.slice(0, 1_000) }, seed }, out)
  return withRemix(studio.value, file, async (remix) => {
    const { snapshot } = remix.session
    const { readings, notUnderstood, actions } = understandWords(text, snapshot, { terms: termsOf(snapshot, studio.value.desk, 'edit') })
    return done({ ok: true, readings, notUnderstood, actions }, [
      ...table(readings.map((reading) => [`“${reading.text}”`, reading.meaning ?? 'not understood'])),
      actions.length === 0 ? 'Nothing to do.' : 'Nothing is changed yet; --apply does it.',
    ])
  })
}
