// `stemma styles` and `style`: the recipes there are, and running one on a remix. The edits are those the window would make.
import { resolve } from 'node:path'
import {
  findStyle,
  type ParamValue,
  type StyleDescriptor,
  type StyleParameter,
  STYLE_DESCRIPTORS,
} from '../../../src-engine/styles/index.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { applyStyle, type FactTools, type Studio } from '../../studio/index.ts'
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

/** What styles ask of the studio. */
export const factToolsOf = (studio: Studio, snapshot: RemixSnapshot): FactTools => ({
  desk: studio.desk,
  engine: () => studio.engine.client(),
  stemFile: studio.stemLocator(snapshot),
  work: (id) => studio.library.work(id),
})

export interface StyleOptions {
  readonly file: string
  readonly style: string
  readonly param?: readonly string[]
  readonly seed?: number
  readonly out?: string
}

export const styleCommand: Run<StyleOptions> = async (context, { file, style: wanted, param = [], seed = 1, out }) => {
  const style = findStyle(wanted)
  if (!style.ok) return refused(style.error)
  const params = readSettings(style.value, param)
  if (!params.ok) return refused(params.error)
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return withRemix(studio.value, file, async (remix) => {
    const applied = await applyStyle(
      factToolsOf(studio.value, remix.session.snapshot),
      remix.session,
      { style: style.value.id, params: params.value, seed },
      { signal: context.signal, onProgress: (fraction, label) => context.progress.show(label, fraction) },
    )
    if (!applied.ok) return refused(applied.error)
    const path = resolve(out ?? file)
    const saved = await remix.save(path)
    if (!saved.ok) return refused(saved.error)
    const { recipe, summary, leftOut, asks, notes, commands } = applied.value.proposal
    return done({ ok: true, file: path, recipe, summary, leftOut, asks, notes, edits: commands.length }, [
      summary,
      ...leftOut.map(({ what, why }) => `Left out: ${what}. ${why}`),
      ...asks,
      ...notes,
    ])
  })
}
