// Where a file comes from, read off its checked manifests: ingredients down to each stem, actions, AI credits, permissions.
// Everything in a manifest is data of unknown origin: shapes are checked, texts are cut, nothing is interpreted.
import { z } from 'zod'
import { listWords } from '../../../src-shared/rights/index.ts'
import type { VerifyAction, VerifyFinding, VerifyIngredient, VerifyReport } from '../../../src-shared/protocol/index.ts'
import { STEM_ASSERTION, STEMMA_ASSERTION } from '../stamp/index.ts'
import { baseLabel, type OwnIngredient, type OwnManifest } from './own/index.ts'
import { containsAiOf, describeAction, describeAi, isGenerativeSource } from './words.ts'

const text = (limit: number): z.ZodType<string> => z.string().transform((value) => value.slice(0, limit)) as unknown as z.ZodType<string>
const aiValue = z.enum(['All', 'Partly', 'None'])

/** `com.stemma.provenance`. */
const provenanceSchema = z.object({
  receiptId: text(100).optional(),
  intentSha256: text(100).optional(),
  log: text(300).optional(),
  scope: text(60).optional(),
  ddex: z
    .object({
      ContainsAI: aiValue,
      AiContribution: z.array(z.object({ role: text(60), value: aiValue, model: text(200).exactOptional() })).max(100),
    })
    .optional(),
  stems: z
    .array(z.object({ stem: text(300), role: text(40), contentSha256: text(64), usedMs: z.number() }))
    .max(1_000)
    .optional(),
  grants: z
    .array(z.object({ stem: text(300), grant: text(300), version: z.number() }))
    .max(1_000)
    .optional(),
  plugins: z
    .array(
      z.object({
        format: text(20),
        id: text(500),
        name: text(200),
        vendor: text(200),
        version: text(100),
        state: text(100),
        frozenElsewhere: z.boolean().exactOptional(),
      }),
    )
    .max(10_000)
    .optional(),
  approvals: z
    .array(z.object({ id: text(100), sha256: text(100), verdict: text(60), artist: text(100) }))
    .max(100)
    .optional(),
})
export type Provenance = z.infer<typeof provenanceSchema>

const stemSchema = z.object({ stem: text(300), role: text(40) })

const actionsSchema = z.object({
  actions: z
    .array(
      z.object({
        action: text(100),
        when: text(40).optional(),
        digitalSourceType: text(200).optional(),
        description: text(300).optional(),
        parameters: z
          .object({
            ingredients: z
              .array(z.object({ url: text(300) }))
              .max(1_000)
              .optional(),
          })
          .optional(),
      }),
    )
    .max(10_000),
})

const trainingSchema = z.object({ entries: z.record(z.string(), z.object({ use: text(40) })) })

const assertionData = (manifest: OwnManifest, label: string): unknown =>
  manifest.assertions.find((assertion) => baseLabel(assertion.label) === label)?.data

const parse = <T>(schema: z.ZodType<T>, value: unknown): T | null => {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : null
}

export const readProvenance = (manifest: OwnManifest): Provenance | null =>
  parse(provenanceSchema, assertionData(manifest, STEMMA_ASSERTION))

const MAX_DEPTH = 16
/** Shown at most; a hostile file may share manifests so that the tree grows without end. */
const MAX_NODES = 2_000

/** A walk down the ingredients: nodes that may still be shown, serials of withdrawn certificates, and whose signature one of those is. */
interface Walk {
  left: number
  readonly revoked: ReadonlySet<string>
  readonly withdrawn: Set<string>
}

const readIngredient = (ingredient: OwnIngredient, provenance: Provenance | null, depth: number, walk: Walk): VerifyIngredient => {
  walk.left--
  const urn = ingredient.instanceId
  const { manifest } = ingredient
  const stem = provenance?.stems?.find((entry) => entry.stem === urn)
  const grant = provenance?.grants?.find((entry) => entry.stem === urn)
  const own = manifest ? parse(stemSchema, assertionData(manifest, STEM_ASSERTION)) : null
  const isModel = ingredient.relationship === 'inputTo'
  const isRevoked = manifest?.signer != null && walk.revoked.has(manifest.signer.serial)
  if (isRevoked) walk.withdrawn.add(ingredient.title.slice(0, 300))
  return {
    title: ingredient.title.slice(0, 300),
    role: isModel ? 'model' : (stem?.role ?? own?.role ?? null),
    urn,
    c2pa: manifest?.label ?? null,
    contentSha256: stem?.contentSha256 ?? null,
    relationship: ingredient.relationship.slice(0, 60),
    format: ingredient.format.slice(0, 100),
    range: ingredient.range,
    usedMs: stem?.usedMs ?? null,
    grant: grant ? { id: grant.grant, version: grant.version } : null,
    state: !ingredient.isIntact
      ? 'changed'
      : manifest
        ? manifest.signer?.trust === 'trusted' && !isRevoked
          ? 'trusted'
          : 'untrusted'
        : stem
          ? 'by-hash'
          : 'unknown',
    signer: manifest?.signer?.name ?? null,
    ingredients: manifest && depth < MAX_DEPTH ? readIngredients(manifest, depth + 1, walk) : [],
  }
}

const readIngredients = (manifest: OwnManifest, depth: number, walk: Walk): readonly VerifyIngredient[] => {
  const provenance = readProvenance(manifest)
  const nodes: VerifyIngredient[] = []
  for (const ingredient of manifest.ingredients) {
    if (walk.left <= 0) break
    nodes.push(readIngredient(ingredient, provenance, depth, walk))
  }
  return nodes
}

const readActions = (manifest: OwnManifest): readonly VerifyAction[] => {
  const titles = new Map(manifest.ingredients.map(({ assertion, title }) => [assertion, title]))
  return manifest.assertions
    .filter(({ label }) => /^c2pa\.actions(\.v2)?$/.test(baseLabel(label)))
    .flatMap(({ data }) => parse(actionsSchema, data)?.actions ?? [])
    .map(({ action, when, digitalSourceType, description, parameters }) => ({
      action,
      text: describeAction(action, description ?? null),
      when: when ?? null,
      stems: (parameters?.ingredients ?? []).flatMap(({ url }) => titles.get(url.slice(url.lastIndexOf('/') + 1)) ?? []),
      isGenerative: digitalSourceType !== undefined && isGenerativeSource(digitalSourceType),
    }))
}

const creationSource = (manifest: OwnManifest): string | null =>
  manifest.assertions
    .flatMap(({ label, data }) => (baseLabel(label).startsWith('c2pa.actions') ? (parse(actionsSchema, data)?.actions ?? []) : []))
    .find(({ action }) => action === 'c2pa.created')?.digitalSourceType ?? null

export type Lineage = Pick<VerifyReport, 'ingredients' | 'actions' | 'plugins' | 'ai' | 'scope' | 'trainingMining'> & {
  readonly provenance: Provenance | null
  readonly findings: readonly VerifyFinding[]
}

/** Plugins are the one thing that may sound different when the same remix is rendered again. */
const pluginFindings = (provenance: Provenance | null): readonly VerifyFinding[] => {
  const plugins = provenance?.plugins ?? []
  if (plugins.length === 0) return []
  const names = [...new Set(plugins.map(({ name, version }) => `${name} ${version}`.trim()))]
  const isFrozen = plugins.some(({ frozenElsewhere }) => frozenElsewhere)
  return [
    {
      code: 'verify.plugins',
      severity: 'info',
      message: `Plugins took part in this sound: ${listWords(names, 20)}. Rendered again with other versions of them, it may differ.${
        isFrozen ? ' A track came frozen from another computer: who exported it did not have its plugins.' : ''
      }`,
    },
  ]
}

const withdrawnFindings = (withdrawn: ReadonlySet<string>): readonly VerifyFinding[] =>
  withdrawn.size === 0
    ? []
    : [
        {
          code: 'ingredient.signer_revoked',
          severity: 'warning',
          message: `The certificate that vouched for ${listWords([...withdrawn], 20)} was withdrawn since, so nobody vouches for it any more.`,
        },
      ]

/** Everything a checked manifest says about where the file comes from. `revoked` are serials of withdrawn certificates, lower case without colons. */
export const readLineage = (manifest: OwnManifest, revoked: ReadonlySet<string> = new Set()): Lineage => {
  const walk: Walk = { left: MAX_NODES, revoked, withdrawn: new Set() }
  const ingredients = readIngredients(manifest, 0, walk)
  const provenance = readProvenance(manifest)
  const actions = readActions(manifest)
  const dst = creationSource(manifest)
  const ddex = provenance?.ddex
  const containsAI = ddex?.ContainsAI ?? (dst === null ? null : containsAiOf(dst))
  const contributions = ddex?.AiContribution ?? []
  const training = parse(trainingSchema, assertionData(manifest, 'cawg.training-mining'))
  const isUndeclared = containsAI === 'None' && actions.some(({ isGenerative }) => isGenerative)
  return {
    provenance,
    ingredients,
    actions,
    plugins: provenance?.plugins ?? [],
    ai:
      containsAI === null
        ? null
        : {
            containsAI,
            contributions,
            dst: dst ?? '',
            sentence: describeAi(
              containsAI,
              contributions.map(({ role }) => role),
              // Files of others may tell their source and no steps.
              provenance === null || actions.some(({ isGenerative }) => isGenerative),
            ),
          },
    scope: provenance?.scope ?? null,
    trainingMining: training
      ? Object.fromEntries(
          Object.entries(training.entries)
            .slice(0, 50)
            .map(([entry, { use }]) => [entry.slice(0, 100), use]),
        )
      : null,
    findings: [
      ...(isUndeclared
        ? [
            {
              code: 'verify.ai_undeclared',
              severity: 'warning' as const,
              message: 'The history names a step made by generative AI, but the AI credits say there is none.',
            },
          ]
        : []),
      ...pluginFindings(provenance),
      ...withdrawnFindings(walk.withdrawn),
    ],
  }
}
