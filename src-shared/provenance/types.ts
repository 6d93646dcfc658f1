// What the stamp will say, computed from a render plan. The signer turns it into a C2PA manifest and tags word for word; nothing is added by hand.
import type { PlanSource } from '../remix/index.ts'
import type { AiSummary } from '../receipts/index.ts'
import type { ModelThatRan } from './models.ts'
import type { PluginThatRan } from './plugins.ts'

/** One C2PA action, in the order it is written. `stems` are stem URNs; they become hashed links to ingredients. */
export interface ManifestAction {
  readonly action: string
  readonly digitalSourceType?: string
  readonly description?: string
  readonly stems: readonly string[]
  /** `com.stemma.*` parameters. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  /** Stretch of the export the action covers, in milliseconds. */
  readonly region?: { readonly fromMs: number; readonly toMs: number }
}

/** An ingredient: a stem of the plan with the first and last time it is heard. */
export interface ManifestIngredient {
  readonly source: PlanSource
  readonly fromMs: number
  readonly toMs: number
  readonly usedMs: number
}

export interface ManifestPlan {
  readonly title: string
  readonly ingredients: readonly ManifestIngredient[]
  readonly actions: readonly ManifestAction[]
  readonly ai: AiSummary
  /** Every trained model that ran, also those that only listened. */
  readonly models: readonly ModelThatRan[]
  /** Every plugin whose work is heard; empty where no hash was given to name their settings by, and no such plan can be stamped. */
  readonly plugins: readonly PluginThatRan[]
  /** `cawg.training-mining`: never looser than the strictest stem. */
  readonly trainingMining: Readonly<
    Record<'cawg.ai_generative_training' | 'cawg.ai_training' | 'cawg.data_mining' | 'cawg.ai_inference', 'allowed' | 'notAllowed'>
  >
  readonly scope: 'personal-use' | 'commercial'
  /** Credit lines in the order the grants ask for, de-duplicated. */
  readonly credits: readonly string[]
}
