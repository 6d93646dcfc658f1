// Applying styles to an open remix: what they need is heard first, then the style's edits go through the session like any others, as one step.
import {
  findStyle,
  needsOf,
  type ReferenceFacts,
  type RecipeOrder,
  runStyle,
  type StepChain,
  stepChainOf,
  type Style,
  type StyleFacts,
  type StyleRun,
} from '../../../src-engine/styles/index.ts'
import type { EditReply } from '../../../src-shared/protocol/index.ts'
import { recordsOf, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { type RemixSession, termsOf } from '../session/index.ts'
import { collectFacts, type FactHooks, type FactTools } from './collect-facts.ts'
import { measureMix } from './measure-mix.ts'

/** What a style would do, and what it could not know. */
export interface StyleProposal extends StyleRun {
  readonly notes: readonly string[]
}

/** Stems a re-voicing needs the notes of: those on tracks of the part it names, or all that a name means. */
const notesWanted = (snapshot: RemixSnapshot, style: Style, order: RecipeOrder): readonly string[] => {
  if (!style.needs.includes('notes')) return []
  const named = String(order.params?.track ?? '')
    .trim()
    .toLowerCase()
  const part = String(order.params?.part ?? style.parameters.find((one) => one.name === 'part')?.default ?? '')
  const tracks = new Set(
    recordsOf(snapshot, 'track').flatMap((track) =>
      (named === '' ? track.role === part : track.name.toLowerCase() === named) ? [track.id] : [],
    ),
  )
  return [...new Set(recordsOf(snapshot, 'clip').flatMap((clip) => (tracks.has(clip.trackId) && !clip.isMuted ? [clip.stemId] : [])))]
}

/** The sounds a style is to match, and the mix as it is. Nothing where none is named: the style says what it lacks. */
const matchFacts = async (
  tools: FactTools,
  snapshot: RemixSnapshot,
  style: Style,
  inputs: readonly string[],
  { signal, onProgress }: FactHooks,
): Promise<Result<Pick<StyleFacts, 'references' | 'mix'>>> => {
  if (!style.needs.includes('reference') || inputs.length === 0) return ok({})
  const hooks = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) }
  const references: Record<string, ReferenceFacts> = {}
  for (const input of inputs) {
    const found = await tools.reference(input, hooks)
    if (!found.ok) return found
    references[input] = found.value
  }
  const mix = await measureMix(tools, snapshot, hooks)
  return mix.ok ? ok({ references, mix: mix.value }) : mix
}

/** The steps of a style that is made of others: each hears what it needs in the remix as the steps before leave it. */
const proposeSteps = async (tools: FactTools, chain: StepChain, hooks: FactHooks): Promise<Result<StyleProposal>> => {
  const notes = new Set<string>()
  for (const step of chain.steps) {
    const run = await proposeStyle(tools, chain.snapshot, step.order, hooks)
    if (hooks.signal?.aborted && !run.ok) return run
    if (run.ok) for (const note of run.value.notes) notes.add(note)
    chain.add(step, run)
  }
  const run = chain.finish()
  return run.ok ? ok({ ...run.value, notes: [...notes] }) : run
}

/** Works out what a style would do to a remix. Nothing is changed. Codes: `style.*`, `reference.*`, `model.*`, those of rendering. */
export const proposeStyle = async (
  tools: FactTools,
  snapshot: RemixSnapshot,
  order: RecipeOrder,
  hooks: FactHooks = {},
): Promise<Result<StyleProposal>> => {
  const style = findStyle(order.style)
  if (!style.ok) return style
  const chain = stepChainOf(style.value, snapshot, order)
  if (chain) return chain.ok ? proposeSteps(tools, chain.value, hooks) : chain
  const needs = needsOf(style.value, order, snapshot, { terms: termsOf(snapshot, tools.desk, 'edit') })
  const { facts, notes } = await collectFacts(tools, snapshot, needs, {
    notesOf: notesWanted(snapshot, style.value, order),
    ...hooks,
  })
  const matched = await matchFacts(tools, snapshot, style.value, order.inputs ?? [], hooks)
  if (!matched.ok) return matched
  if (style.value.needs.includes('model')) {
    const [named] = order.inputs ?? []
    const model = await tools.model(named ?? String(order.params?.model ?? ''))
    if (!model.ok) return model
    // The recipe names the file by its hash: a name may come to mean another one.
    const run = runStyle(style.value, snapshot, { ...order, inputs: [model.value.sha256] }, { ...facts, model: model.value })
    return run.ok ? ok({ ...run.value, notes }) : run
  }
  const run = runStyle(style.value, snapshot, order, { ...facts, ...matched.value })
  if (run.ok) return ok({ ...run.value, notes })
  // What is not known has a reason: a stem that is gone, a licence that rules listening out.
  return run.error.code.startsWith('style.needs_') && notes.length > 0
    ? fail(run.error.code, [run.error.message, ...notes].join(' '), run.error.details)
    : run
}

/** Proposes and applies a style as one undo step. Codes: `style.*`, and those of the session. */
export const applyStyle = async (
  tools: FactTools,
  session: RemixSession,
  order: RecipeOrder,
  hooks: FactHooks = {},
): Promise<Result<{ readonly proposal: StyleProposal; readonly reply: EditReply }>> => {
  const proposal = await proposeStyle(tools, session.snapshot, order, hooks)
  if (!proposal.ok) return proposal
  const style = findStyle(order.style)
  const reply = session.edit(proposal.value.commands, style.ok ? `Style ${style.value.label}` : 'Style')
  return reply.ok ? ok({ proposal: proposal.value, reply: reply.value }) : reply
}
