// The manifest, computed from the plan that made the sound. Order and types of actions: C2PA 2.2 to 2.4, `c2pa.actions.v2`.
import type { RenderPlan } from '../remix/index.ts'
import type { GrantInForce, Usage, UsedOperation } from '../rights/index.ts'
import type { Sha256 } from '../std/index.ts'
import { aiSummaryOf, isGenerative, sourceTypeOf } from './ai.ts'
import { operationSentence } from './done-to-stems.ts'
import { modelsOf } from './models.ts'
import { pluginsOf } from './plugins.ts'
import type { ManifestAction, ManifestIngredient, ManifestPlan } from './types.ts'
import { type UsageOptions, usageOf } from './usage.ts'

/** The C2PA action an operation is told as; the operation itself is always in `com.stemma.op`. */
const actionOf = (op: string): string => {
  if (op === 'trim') return 'c2pa.trimmed'
  if (op === 'stretch') return 'c2pa.changedSpeed'
  return op.startsWith('ai.') && !isGenerative(op) ? 'c2pa.enhanced' : 'c2pa.edited'
}

/** Not what was done to the sound but how it is used: it is in the receipt, and the ingredients show it. */
const UNTOLD: ReadonlySet<string> = new Set(['isolate', 'layer'])

/** Whether what did an operation is on a track whose sound came frozen from another machine: then it was not done here. */
type IsFrozenElsewhere = (causeId: string | undefined) => boolean

const isFrozenIn = (plan: RenderPlan, trackIds: readonly string[]): IsFrozenElsewhere => {
  const tracks = plan.tracks.filter((track) => trackIds.includes(track.id))
  const causes = new Set(
    tracks.flatMap(({ clips, devices }) => [...clips.map((clip) => clip.clipId), ...devices.map((device) => device.deviceId)]),
  )
  return (causeId) => causeId !== undefined && causes.has(causeId)
}

const parametersOf = (used: UsedOperation, isFrozenElsewhere: IsFrozenElsewhere): ManifestAction['parameters'] => ({
  'com.stemma.op': used.op,
  ...(used.ratioPermille === undefined ? {} : { 'com.stemma.ratioPermille': used.ratioPermille }),
  ...(used.cents === undefined ? {} : { 'com.stemma.cents': used.cents }),
  ...(used.model === undefined ? {} : { 'com.stemma.model': used.model }),
  ...(used.strengthPermille === undefined ? {} : { 'com.stemma.strengthPermille': used.strengthPermille }),
  ...(used.plugin === undefined
    ? {}
    : { 'com.stemma.plugin': used.plugin.name, 'com.stemma.pluginFormat': used.plugin.format, 'com.stemma.pluginId': used.plugin.id }),
  ...(isFrozenElsewhere(used.causeId) ? { 'com.stemma.frozenElsewhere': true } : {}),
})

/** One action per kind of operation and its values, over all stems it touched: 19 stems through one bus are one line, not nineteen. */
const operationActions = (usage: Usage, isFrozenElsewhere: IsFrozenElsewhere): readonly ManifestAction[] => {
  const found = new Map<string, { used: UsedOperation; stems: Set<string>; fromMs: number; toMs: number }>()
  for (const stem of usage.stems) {
    for (const used of stem.ops) {
      if (UNTOLD.has(used.op)) continue
      const key = JSON.stringify(Object.entries(parametersOf(used, isFrozenElsewhere)))
      const known = found.get(key)
      if (known) {
        known.stems.add(stem.stem)
        known.fromMs = Math.min(known.fromMs, used.fromMs)
        known.toMs = Math.max(known.toMs, used.toMs)
      } else {
        found.set(key, { used, stems: new Set([stem.stem]), fromMs: used.fromMs, toMs: used.toMs })
      }
    }
  }
  for (const { plugin, model, fromMs, toMs, causeId } of usage.made ?? []) {
    const used =
      model === undefined ? { op: 'plugin', plugin, fromMs, toMs, causeId } : { op: 'ai.restyle', model, plugin, fromMs, toMs, causeId }
    const key = JSON.stringify(Object.entries(parametersOf(used, isFrozenElsewhere)))
    if (!found.has(key)) found.set(key, { used, stems: new Set(), fromMs, toMs })
  }
  return [...found]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { used, stems, fromMs, toMs }]) => ({
      action: actionOf(used.op),
      digitalSourceType: sourceTypeOf(used.op),
      // Whoever reads the file elsewhere knows the actions of C2PA only, and most of them are “edited”.
      ...(used.op === 'trim' ? {} : { description: operationSentence(used) }),
      stems: [...stems],
      parameters: parametersOf(used, isFrozenElsewhere),
      region: { fromMs, toMs },
    }))
}

const ingredientsOf = (plan: RenderPlan, usage: Usage, range: UsageOptions['range']): readonly ManifestIngredient[] => {
  const from = range?.fromFrame ?? 0
  const to = range?.toFrame ?? plan.lengthFrames
  return usage.stems.flatMap((stem) => {
    const source = plan.sources.find((one) => one.stemId === stem.stem)
    if (!source) return []
    let first = to
    let last = from
    for (const track of plan.tracks) {
      for (const clip of track.isAudible ? track.clips : []) {
        const end = Math.min(to, clip.startFrame + clip.lengthFrames)
        const start = Math.max(from, clip.startFrame)
        if (plan.sources[clip.source]?.stemId !== stem.stem || start >= end) continue
        first = Math.min(first, start)
        last = Math.max(last, end)
      }
    }
    return [{ source, fromMs: Math.round((first - from) / 48), toMs: Math.round((last - from) / 48), usedMs: stem.usedMs }]
  })
}

const trainingMiningOf = (grants: readonly GrantInForce[]): ManifestPlan['trainingMining'] => {
  const rule = (read: (grant: GrantInForce['grant']['training']) => boolean) =>
    grants.length > 0 && grants.every(({ grant }) => read(grant.training)) ? 'allowed' : 'notAllowed'
  return {
    'cawg.ai_generative_training': rule((training) => training.generative === 'allowed'),
    'cawg.ai_training': rule((training) => training.nonGenerative === 'allowed'),
    'cawg.data_mining': rule((training) => training.mining === 'allowed'),
    'cawg.ai_inference': rule(
      (training) => training.generative === 'allowed' && training.nonGenerative === 'allowed' && training.mining === 'allowed',
    ),
  }
}

export interface ManifestOptions extends UsageOptions {
  readonly title: string
  /** Needed to stamp: settings of plugins are named by hash. */
  readonly sha256?: Sha256 | undefined
  /** Ids of tracks whose sound came frozen from another machine, as the render found out. */
  readonly frozenElsewhere?: readonly string[] | undefined
}

/** The manifest of an export of `plan` under the grants of its stems. Computed only from what is heard. */
export const buildManifestPlan = (
  plan: RenderPlan,
  grants: readonly GrantInForce[],
  { title, sha256, frozenElsewhere = [], ...options }: ManifestOptions,
): ManifestPlan => {
  const usage = usageOf(plan, options)
  const ai = aiSummaryOf(usage)
  const stems = usage.stems.map((stem) => stem.stem)
  const operations = operationActions(usage, isFrozenIn(plan, frozenElsewhere))
  const isRemixed = operations.some(({ parameters }) => parameters['com.stemma.op'] === 'arrange' || parameters['com.stemma.op'] === 'trim')
  const master = plan.tracks.find((track) => track.kind === 'master')
  const isMastered = master?.devices.some((device) => device.isEnabled) ?? false
  const step = (action: string): ManifestAction => ({ action, stems, parameters: {} })
  const concerned = grants.filter(({ grant }) => grant.assets.some((asset) => stems.includes(asset.stem)))
  const credits = concerned
    .map(({ grant }) => grant.credit)
    .filter((credit) => credit.text.length > 0)
    .sort((left, right) => left.order - right.order || (left.text < right.text ? -1 : 1))
    .map((credit) => credit.text)
  return {
    title,
    ingredients: ingredientsOf(plan, usage, options.range),
    actions: [
      { action: 'c2pa.created', digitalSourceType: ai.dst, stems: [], parameters: {} },
      step('c2pa.placed'),
      ...operations,
      ...(isRemixed ? [step('c2pa.remixed')] : []),
      ...(stems.length > 1 ? [step('c2pa.mixed')] : []),
      ...(isMastered ? [step('c2pa.mastered')] : []),
    ],
    ai,
    models: modelsOf(plan, usage),
    plugins: sha256 ? pluginsOf(plan, usage, sha256, frozenElsewhere) : [],
    trainingMining: trainingMiningOf(concerned),
    scope:
      concerned.length > 0 && concerned.every(({ grant }) => grant.use.scope === 'commercial' && grant.use.commercial)
        ? 'commercial'
        : 'personal-use',
    credits: [...new Set(credits)],
  }
}
