// The trained models that ran, read off the plan: each by URN, name, version and licence, with what it did. Whoever ran one is bound to say so.
import type { RenderPlan } from '../remix/index.ts'
import type { Usage } from '../rights/index.ts'
import { isGenerative } from './ai.ts'
import { pluginUrn, pluginUrnLabel } from './plugins.ts'

/** A model as documents, manifests and receipts name it. */
export interface ModelFacts {
  readonly urn: string
  readonly name: string
  /** Empty where nobody stated it. */
  readonly version: string
  /** SPDX id where there is one; empty where nobody stated it. */
  readonly licence: string
}

/** `sound` it made what is heard, `notes` it wrote down what is played, `analysis` it only listened: that is no AI credit. */
export type ModelUse = 'sound' | 'notes' | 'analysis'

export interface ModelThatRan extends ModelFacts {
  readonly uses: readonly ModelUse[]
}

const BASIC_PITCH_SHA256 = '05b1841066b99dbacaed788987144c5d8184bff150e34a6684ec26b20747c4e5'
const SILERO_VAD_SHA256 = '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f'

/** Models that come with Stemma, with the SHA-256 of their files. */
export const BUILT_IN_MODELS = {
  /** Transcription: Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription" (ICASSP 2022). */
  basicPitch: {
    urn: `urn:stemma:model:basic-pitch:${BASIC_PITCH_SHA256}`,
    name: 'Basic Pitch',
    version: '1.0.1',
    licence: 'Apache-2.0',
    sha256: BASIC_PITCH_SHA256,
  },
  /** Voice activity: Silero VAD 5, as `@ricky0123/vad-web` ships it. */
  sileroVad: {
    urn: `urn:stemma:model:silero-vad:${SILERO_VAD_SHA256}`,
    name: 'Silero VAD',
    version: '5',
    licence: 'MIT',
    sha256: SILERO_VAD_SHA256,
  },
} as const satisfies Record<string, ModelFacts & { readonly sha256: string }>

const builtIn = (urn: string): ModelFacts | undefined => Object.values(BUILT_IN_MODELS).find((model) => model.urn === urn)

/** A model as a person may be told where only its URN is known: its name, or what can be read of the URN. */
export const modelLabel = (urn: string): string => {
  const known = builtIn(urn)
  if (known) return `${known.name} ${known.version}`
  const plugin = pluginUrnLabel(urn)
  if (plugin !== null) return plugin
  const own = /^urn:stemma:model:own:([0-9a-f]{8})/.exec(urn)
  return own ? `own model ${own[1]}` : urn.slice(urn.lastIndexOf(':') + 1)
}

const purposeOf = (op: string): ModelUse => (isGenerative(op) ? 'sound' : op === 'ai.transcribe' ? 'notes' : 'analysis')

/** A generative plugin as a model: what it was trained on and under which licence nobody states. */
const pluginModel = (plan: RenderPlan, urn: string): ModelFacts | undefined => {
  for (const { devices } of plan.tracks)
    for (const device of devices)
      if (device.kind === 'plugin' && device.plugin.isGenerative && pluginUrn(device.plugin) === urn)
        return { urn, name: device.plugin.name, version: device.plugin.version, licence: '' }
  return undefined
}

/** Every model whose work is heard in a usage, by URN. A model of the user's is named as its sound declares it. */
export const modelsOf = (plan: RenderPlan, usage: Usage): readonly ModelThatRan[] => {
  const uses = new Map<string, Set<ModelUse>>()
  for (const { op, model } of usage.stems.flatMap((stem) => stem.ops)) {
    if (model !== undefined) uses.set(model, (uses.get(model) ?? new Set()).add(purposeOf(op)))
  }
  for (const { model } of usage.made ?? []) if (model !== undefined) uses.set(model, (uses.get(model) ?? new Set()).add('sound'))
  return [...uses]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([urn, did]) => {
      const known = builtIn(urn)
      const declared = plan.sources.map(({ make }) => make).find((make) => make?.kind === 'model' && make.urn === urn)
      const { name, version, licence } =
        known ?? pluginModel(plan, urn) ?? (declared?.kind === 'model' ? declared : { name: modelLabel(urn), version: '', licence: '' })
      return { urn, name, version, licence, uses: [...did].sort() }
    })
}
