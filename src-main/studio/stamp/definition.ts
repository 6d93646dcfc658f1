// Turns the manifest plan into the library's manifest definition, word for word. Nothing personal goes in: no names of people or machines, no paths.
import type { ManifestAction, ManifestIngredient, ManifestPlan, ModelThatRan } from '../../../src-shared/provenance/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { STEM_ASSERTION, STEMMA_ASSERTION } from './profile.ts'
import type { SealStemRequest, StampRequest, StampStem } from './request.ts'

interface Assertion {
  readonly label: string
  readonly data: unknown
}

export interface ManifestDefinition {
  readonly claim_version: 2
  readonly claim_generator_info: readonly { readonly name: string; readonly version: string }[]
  readonly title: string
  readonly format: string
  readonly assertions: readonly Assertion[]
}

export interface IngredientDefinition {
  readonly json: object
  /** The stem whose credentials go in with it; null for one that has none, or for a model. */
  readonly stem: StampStem | null
}

/** Seconds as C2PA's "normal play time" wants them. */
const npt = (ms: number): string => (ms / 1_000).toString()

const region = (fromMs: number, toMs: number): object => ({
  region: [{ type: 'temporal', time: { type: 'npt', start: npt(fromMs), end: npt(toMs) } }],
})

const writeAction = (action: ManifestAction, when: string, agent: object): object => {
  const model = action.parameters['com.stemma.model']
  const ingredientIds = [...action.stems, ...(typeof model === 'string' ? [model] : [])]
  const parameters = { ...action.parameters, ...(ingredientIds.length > 0 ? { ingredientIds } : {}) }
  return {
    action: action.action,
    when,
    softwareAgent: agent,
    ...(action.digitalSourceType === undefined ? {} : { digitalSourceType: action.digitalSourceType }),
    ...(action.description === undefined ? {} : { description: action.description }),
    ...(action.region === undefined ? {} : { changes: [region(action.region.fromMs, action.region.toMs)] }),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
  }
}

/** The rules C2PA puts on actions and the library does not check when signing. */
const checkPlan = (plan: ManifestPlan): string | undefined => {
  const [first] = plan.actions
  const beginnings = plan.actions.filter(({ action }) => action === 'c2pa.created' || action === 'c2pa.opened').length
  if (beginnings !== 1 || first?.action !== 'c2pa.created' || first.digitalSourceType === undefined) {
    return 'the first action must be c2pa.created with a source type, and the only one of its kind'
  }
  const known = new Set(plan.ingredients.map(({ source }) => source.stemId))
  const stranger = plan.actions.flatMap(({ stems }) => stems).find((stem) => !known.has(stem))
  if (stranger !== undefined) return `an action names ${stranger}, which is not an ingredient`
  const placed = new Set(plan.actions.filter(({ action }) => action === 'c2pa.placed').flatMap(({ stems }) => stems))
  const forgotten = [...known].find((stem) => !placed.has(stem))
  if (forgotten !== undefined) return `${forgotten} is an ingredient that no action places`
  if (plan.actions.some(({ action }) => action === 'c2pa.watermarked.bound')) return 'a watermark is claimed without its soft binding'
  const models = new Set(plan.models.map(({ urn }) => urn))
  const unnamed = [
    ...plan.actions.map(({ parameters }) => parameters['com.stemma.model']),
    ...plan.ai.contributions.map(({ model }) => model),
  ].find((model) => model !== undefined && !models.has(String(model)))
  const plugins = new Set(plan.plugins.map(({ format, id }) => `${format} ${id}`))
  const hidden = plan.actions.find(
    ({ parameters }) =>
      parameters['com.stemma.pluginId'] !== undefined &&
      !plugins.has(`${String(parameters['com.stemma.pluginFormat'])} ${String(parameters['com.stemma.pluginId'])}`),
  )
  if (hidden) return `the plugin ${String(hidden.parameters['com.stemma.plugin'])} took part and is not named`
  if (unnamed !== undefined) return `the model ${unnamed} ran and is not disclosed`
  return undefined
}

/** One disclosure per model that ran: who it is, and what it did. Fields of the specification first, ours under our own names. */
const disclose = ({ urn, name, version, licence, uses }: ModelThatRan): Assertion => ({
  label: 'c2pa.ai-disclosure',
  data: {
    modelType: 'c2pa.types.model',
    modelName: name,
    modelIdentifier: urn,
    contentProfile: { humanOversightLevel: 'human_validated' },
    ...(version === '' ? {} : { 'com.stemma.version': version }),
    ...(licence === '' ? {} : { 'com.stemma.licence': licence }),
    'com.stemma.uses': uses,
  },
})

/** Definition and ingredients of an export's manifest; fails on a plan that breaks a C2PA rule or names a stem that was not handed over. */
export const buildDefinition = (
  request: StampRequest,
  when: string,
): Result<{ readonly definition: ManifestDefinition; readonly ingredients: readonly IngredientDefinition[] }> => {
  const { manifest: plan } = request
  const broken = checkPlan(plan)
  if (broken !== undefined)
    return fail('stamp.plan_invalid', `The file could not be stamped: its history does not hold together (${broken}).`)
  const byId = new Map(request.stems.map((stem) => [stem.id, stem]))
  const agent = { name: 'Stemma', version: request.appVersion }
  const ingredients: IngredientDefinition[] = []
  const listed: { stem: string; role: string; contentSha256: string; usedMs: number }[] = []
  for (const ingredient of plan.ingredients) {
    const stem = byId.get(ingredient.source.stemId)
    if (!stem) {
      return fail(
        'stamp.stem_missing',
        `The file could not be stamped: the stem “${ingredient.source.title}” was not handed to the signer.`,
        {
          stem: ingredient.source.stemId,
        },
      )
    }
    ingredients.push({ json: writeIngredient(ingredient, stem), stem: stem.c2pa === null ? null : stem })
    listed.push({ stem: stem.id, role: stem.role, contentSha256: stem.contentSha256, usedMs: ingredient.usedMs })
  }
  for (const { urn, name, uses } of plan.models) {
    ingredients.push({
      json: {
        title: name,
        format: 'application/octet-stream',
        relationship: 'inputTo',
        label: urn,
        instance_id: urn,
        data_types: [...(uses.includes('sound') ? [{ type: 'c2pa.types.generator' }] : []), { type: 'c2pa.types.model' }],
      },
      stem: null,
    })
  }
  const assertions: Assertion[] = [
    {
      label: 'c2pa.actions.v2',
      data: { actions: plan.actions.map((action) => writeAction(action, when, agent)), allActionsIncluded: true },
    },
    ...plan.models.map(disclose),
    {
      label: 'cawg.training-mining',
      data: { entries: Object.fromEntries(Object.entries(plan.trainingMining).map(([entry, use]) => [entry, { use }])) },
    },
    {
      label: STEMMA_ASSERTION,
      data: {
        v: 1,
        receiptId: `urn:uuid:${request.receiptId}`,
        intentSha256: request.intentSha256,
        log: request.log,
        scope: plan.scope,
        ddex: {
          ContainsAI: plan.ai.containsAI,
          AiContribution: plan.ai.contributions.map(({ role, value, model }) => ({
            role,
            value,
            ...(model === undefined ? {} : { model }),
          })),
        },
        stems: listed,
        grants: request.grants,
        ...(plan.plugins.length > 0
          ? {
              plugins: plan.plugins.map(({ format, id, name, vendor, version, stateHash, isFrozenElsewhere }) => ({
                format,
                id,
                name,
                vendor,
                version,
                state: stateHash,
                ...(isFrozenElsewhere ? { frozenElsewhere: true } : {}),
              })),
            }
          : {}),
        ...(request.approvals && request.approvals.length > 0 ? { approvals: request.approvals } : {}),
      },
    },
  ]
  return ok({
    definition: {
      claim_version: 2,
      claim_generator_info: [agent],
      title: request.title,
      format: request.mimeType,
      assertions,
    },
    ingredients,
  })
}

const writeIngredient = (ingredient: ManifestIngredient, stem: StampStem): object => ({
  title: stem.title,
  format: stem.mimeType,
  relationship: 'componentOf',
  // Actions name ingredients by `label`; readers find the stem by `instance_id`.
  label: stem.id,
  instance_id: stem.id,
  // A container without room for credentials is named by its hash alone.
  ...(stem.c2pa === null ? { description: `sha256:${stem.contentSha256}` } : {}),
  metadata: { regionOfInterest: region(ingredient.fromMs, ingredient.toMs) },
})

/** Definition of a pack's stem: an original with a source type, no ingredients. Stems are never free to train on. */
export const buildStemDefinition = (request: SealStemRequest, when: string): ManifestDefinition => {
  const agent = { name: 'Stemma', version: request.appVersion }
  const notAllowed = { use: 'notAllowed' }
  return {
    claim_version: 2,
    claim_generator_info: [agent],
    title: request.title,
    format: request.mimeType,
    assertions: [
      {
        label: 'c2pa.actions.v2',
        data: {
          actions: [{ action: 'c2pa.created', when, softwareAgent: agent, digitalSourceType: request.digitalSourceType }],
          allActionsIncluded: true,
        },
      },
      {
        label: 'cawg.training-mining',
        data: {
          entries: {
            'cawg.ai_generative_training': notAllowed,
            'cawg.ai_training': notAllowed,
            'cawg.data_mining': notAllowed,
            'cawg.ai_inference': notAllowed,
          },
        },
      },
      { label: STEM_ASSERTION, data: { v: 1, stem: request.stem, work: request.work, role: request.role, artists: request.artists } },
    ],
  }
}
