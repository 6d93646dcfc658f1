// What was done to which stem, in words an artist can read. Derived from the usage of the plan, like the manifest: nothing is described by hand.
import type { DoneToStem } from '../approvals/index.ts'
import { modelLabel } from './models.ts'
import { operationWords, ratioWords, type Usage, type UsedOperation } from '../rights/index.ts'

/** Operations with a sentence of their own; the rest is told by the licence's word for it. */
const SENTENCES: Readonly<Record<string, string>> = {
  arrange: 'Moved to other places in the song',
  trim: 'Cut shorter than it was recorded',
  gain: 'Made louder or quieter',
  pan: 'Moved left or right',
  fade: 'Faded in or out',
  automation: 'Changed over time by automation',
  isolate: 'Heard on its own, without the other stems',
  layer: 'Layered with another work',
  replace: 'Its notes or hits are played by another instrument',
  plugin: 'Run through a plugin',
  'ai.analyse': 'Cut where a model heard phrases begin and end',
  'ai.transcribe': 'Its notes were written down by a model',
  'ai.restyle': 'Its sound was remade by a model',
  'ai.voice': 'The voice was changed by a model',
  'ai.master': 'Mastered by a model',
}

const centsText = (cents: number): string => {
  const semitones = Math.abs(cents) / 100
  return `${semitones} semitone${semitones === 1 ? '' : 's'} ${cents > 0 ? 'higher' : 'lower'}`
}

/** One operation in words an artist can read. */
export const operationSentence = ({
  op,
  ratioPermille,
  cents,
  strengthPermille,
  model,
  plugin,
}: Omit<UsedOperation, 'causeId'>): string => {
  if (op === 'stretch' && ratioPermille !== undefined)
    return ratioPermille === 1_000 ? 'Kept at its own tempo' : `Played at ${ratioWords(ratioPermille)} of its tempo`
  if (op === 'pitch' && cents !== undefined) return cents === 0 ? 'Kept at its own pitch' : `Moved ${centsText(cents)}`
  if (plugin && op === 'plugin') return `Run through ${plugin.name}`
  if (plugin) return `Its sound was remade by ${plugin.name}, a plugin that generates sound with AI`
  const words = SENTENCES[op] ?? `Run through ${operationWords(op)}`
  const strength = strengthPermille === undefined ? '' : `, at ${ratioWords(strengthPermille)} strength`
  return `${words}${model === undefined ? '' : ` (${modelLabel(model)})`}${strength}`
}

/** One entry per stem that is heard, in the order of the usage; two devices of a kind are one line. */
export const doneToStems = (usage: Usage): readonly DoneToStem[] =>
  usage.stems.map(({ stem, title, role, usedMs, ops }) => {
    const lines = new Map<string, DoneToStem['lines'][number]>()
    for (const used of ops) {
      const text = operationSentence(used).slice(0, 300)
      const known = lines.get(text)
      const fromMs = Math.round(used.fromMs)
      const toMs = Math.round(used.toMs)
      lines.set(text, {
        op: used.op,
        text,
        fromMs: Math.min(known?.fromMs ?? fromMs, fromMs),
        toMs: Math.max(known?.toMs ?? toMs, toMs),
        model: used.model ?? null,
      })
    }
    return { stem, title: title.slice(0, 300), role, usedMs: Math.round(usedMs), lines: [...lines.values()].slice(0, 1_000) }
  })
