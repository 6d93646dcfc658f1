// What a caller asks a style for, completed to the recipe that a remix keeps.
import type { Recipe } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { type ParamValue, readParams, type Style } from './style.ts'

/** What a caller asks for; what is missing is at its default. */
export interface RecipeOrder {
  readonly style: string
  readonly version?: number | undefined
  readonly params?: Readonly<Record<string, ParamValue>> | undefined
  readonly seed?: number | undefined
  readonly inputs?: readonly string[] | undefined
}

/** Codes: `style.bad_param`, `style.version`, `style.bad_seed`. */
export const readOrder = (style: Style, order: RecipeOrder): Result<Recipe> => {
  const params = readParams(style, order.params ?? {})
  if (!params.ok) return params
  if (order.version !== undefined && order.version > style.version)
    return fail('style.version', `“${style.label}” is needed in version ${order.version}; this Stemma has ${style.version}. Update it.`)
  const seed = order.seed ?? 1
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    return fail('style.bad_seed', `A seed is a whole number from 0 to ${0xffffffff}; ${seed} is not.`)
  return ok({ style: style.id, version: style.version, params: { ...params.value }, seed, inputs: [...(order.inputs ?? [])] })
}
