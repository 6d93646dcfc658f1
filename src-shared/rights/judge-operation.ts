// One operation on one stem against the rules of one grant. Every rule that matches has to agree: a narrower or an added rule never allows more.
import type { Alternative } from './decide.ts'
import { type Grant, OPERATIONS, type Rule } from './grant.ts'
import type { UsedOperation } from './usage.ts'
import { centsWords, listWords, operationWords, ratioWords } from './words.ts'

/** Operations of arranging and mixing, and listening to find where to cut: every grant permits them unless one of its rules says otherwise. */
export const ORDINARY_OPERATIONS: ReadonlySet<string> = new Set(['arrange', 'trim', 'gain', 'pan', 'fade', 'automation', 'ai.analyse'])

/** A refusal without its place. */
export interface JudgedOperation {
  readonly effect: 'deny' | 'approval'
  readonly code: string
  readonly message: string
  readonly alternative?: Alternative
  readonly excess?: number
}

const isOutside = (value: number, [min, max]: readonly [number, number]): boolean => value < min || value > max
const nearest = (value: number, [min, max]: readonly [number, number]): number => Math.max(min, Math.min(max, value))
const beyond = (value: number, range: readonly [number, number]): number => Math.abs(value - nearest(value, range))

/** Whether a denying or approval rule with limits speaks of this use: what does not state its value is meant too. */
const isMeant = (rule: Rule, used: UsedOperation): boolean =>
  !(rule.ratioPermille && used.ratioPermille !== undefined && isOutside(used.ratioPermille, rule.ratioPermille)) &&
  !(rule.cents && used.cents !== undefined && isOutside(used.cents, rule.cents)) &&
  !(rule.models && used.model !== undefined && !rule.models.includes(used.model))

interface Limit {
  readonly param: 'ratioPermille' | 'cents' | 'strengthPermille'
  readonly value: number | undefined
  readonly range: readonly [number, number]
  readonly words: (value: number) => string
}

/** Limits of a permitting rule that concern this use. A rule for `*` limits only operations that have the value. */
const limitsOf = (rule: Rule, used: UsedOperation): readonly Limit[] => {
  const limits: Limit[] = []
  if (rule.ratioPermille && (used.op === 'stretch' || used.ratioPermille !== undefined)) {
    limits.push({ param: 'ratioPermille', value: used.ratioPermille, range: rule.ratioPermille, words: ratioWords })
  }
  if (rule.cents && (used.op === 'pitch' || used.cents !== undefined))
    limits.push({ param: 'cents', value: used.cents, range: rule.cents, words: centsWords })
  if (rule.strengthMaxPermille !== undefined && (used.op.startsWith('ai.') || used.strengthPermille !== undefined)) {
    limits.push({ param: 'strengthPermille', value: used.strengthPermille, range: [0, rule.strengthMaxPermille], words: ratioWords })
  }
  return limits
}

/** `plugins (Calf Compressor)`: which of them is meant must be clear where there are several. */
const wordsOf = ({ op, plugin }: UsedOperation): string => (plugin ? `${operationWords(op)} (${plugin.name})` : operationWords(op))

const brokenLimit = (rules: readonly Rule[], title: string, used: UsedOperation): JudgedOperation | null => {
  const what = wordsOf(used)
  const limits = rules.flatMap((rule) => limitsOf(rule, used))
  for (const { param, value, range, words } of limits) {
    if (value === undefined)
      return {
        effect: 'deny',
        code: 'licence.value_unknown',
        message: `How far ${what} goes on ${title} is not known, and its licence sets a limit.`,
      }
    if (!isOutside(value, range)) continue
    // Rules overlap: the alternative has to please all of them, so it is clamped by each in turn.
    const same = limits.filter((limit) => limit.param === param)
    const legal = same.reduce((best, limit) => nearest(best, limit.range), value)
    const isPossible = same.every((limit) => !isOutside(legal, limit.range))
    return {
      effect: 'deny',
      code: 'licence.out_of_range',
      message: `${title} may be changed by ${what} from ${words(range[0])} to ${words(range[1])}; this is ${words(value)}.`,
      excess: Math.max(...same.map((limit) => beyond(value, limit.range))),
      ...(isPossible ? { alternative: { kind: 'set', param, value: legal, words: `Use ${words(legal)}.` } } : {}),
    }
  }
  const restricted = rules.filter((rule) => rule.models && (used.op.startsWith('ai.') || used.model !== undefined))
  if (restricted.some((rule) => used.model === undefined || !rule.models?.includes(used.model))) {
    const models = (restricted[0]?.models ?? []).filter((model) => restricted.every((rule) => rule.models?.includes(model)))
    const [model] = models
    return {
      effect: 'deny',
      code: 'licence.model_not_allowed',
      message: `The licence for ${title} allows ${what} only with ${models.length === 0 ? 'no model at all' : listWords(models)}.`,
      ...(model === undefined ? {} : { alternative: { kind: 'set', param: 'model', value: model, words: `Use ${model}.` } }),
    }
  }
  return null
}

/** Why an operation on a stem of this role is refused or needs approval; null if it is allowed. */
export const judgeOperation = (grant: Grant, role: string, title: string, used: UsedOperation): JudgedOperation | null => {
  const what = wordsOf(used)
  const remove: Alternative = {
    kind: 'remove',
    words: used.plugin
      ? `Take ${used.plugin.name} off ${title}.`
      : used.op.startsWith('ai.') || used.op === 'isolate' || used.op === 'layer'
        ? `Leave ${title} as it is.`
        : `Take ${what} off ${title}.`,
  }
  if (!(OPERATIONS as readonly string[]).includes(used.op)) {
    return {
      effect: 'deny',
      code: 'licence.unknown_operation',
      message: `${what} on ${title} is nothing a licence could have allowed.`,
      alternative: remove,
    }
  }
  const rules = grant.transform.rules.filter(
    (rule) => (rule.roles.includes('*') || rule.roles.includes(role)) && (rule.op === '*' || rule.op === used.op),
  )
  if (rules.some((rule) => rule.effect === 'deny' && isMeant(rule, used))) {
    return { effect: 'deny', code: 'licence.operation_denied', message: `The licence for ${title} rules out ${what}.`, alternative: remove }
  }
  const allowing = rules.filter((rule) => rule.effect === 'allow')
  const broken = brokenLimit(allowing, title, used)
  // How far a plugin goes and with which model is its own: it stays as it is or comes off.
  if (broken) return used.plugin ? { ...broken, alternative: remove } : broken
  const asking = rules.find((rule) => rule.effect === 'approval' && isMeant(rule, used))
  if (asking) {
    const promise = asking.sla === undefined ? '' : ` An answer is promised within ${asking.sla}.`
    return {
      effect: 'approval',
      code: 'licence.needs_approval',
      message: `${what.charAt(0).toUpperCase()}${what.slice(1)} on ${title} needs the artist's approval.${promise}`,
      alternative: { kind: 'ask', words: 'Ask the artist to approve it.' },
    }
  }
  if (allowing.length > 0 || ORDINARY_OPERATIONS.has(used.op) || grant.transform.default === 'allow') return null
  return {
    effect: 'deny',
    code: 'licence.operation_not_granted',
    message: `The licence for ${title} does not allow ${what}.`,
    alternative: remove,
  }
}
