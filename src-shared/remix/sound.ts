// How a clip's sound is made and bent before it is placed, as data. Shared by records, edits and the render plan.
import { z } from 'zod'

const id = z.string().min(1).max(200)
const name = z.string().max(300)
const frame48 = z
  .int()
  .min(0)
  .max(2 ** 34)
const velocity = z.int().min(1).max(127)

/** What a style was run with; the same recipe on the same remix gives the same result. See docs/formats/recipe.md. */
export const recipeSchema = z.object({
  style: z.string().min(1).max(100),
  version: z.int().min(1),
  params: z.record(z.string().max(100), z.union([z.number(), z.string().max(2_000), z.boolean()])),
  seed: z.int().min(0).max(0xffffffff),
  /** What else it read: content hashes of references and models, URNs of other works. */
  inputs: z.array(z.string().max(300)).max(100),
})
export type Recipe = z.infer<typeof recipeSchema>

/** One note of a re-voiced stem, in frames at 48 kHz of the stem's own time; `pitch` is a MIDI number. */
export const noteSchema = z.object({ startFrame: frame48, lengthFrames: frame48.min(1), pitch: z.int().min(0).max(127), velocity })
export type Note = z.infer<typeof noteSchema>

export const DRUMS = ['kick', 'snare', 'hat', 'tom', 'clap', 'perc'] as const
export const hitSchema = z.object({ frame: frame48, drum: z.enum(DRUMS), velocity })
export type Hit = z.infer<typeof hitSchema>

/** URN of a user's model: the name is not part of it, since anyone may call a file anything. */
export const ownModelUrn = (sha256: string): string => `urn:stemma:model:own:${sha256}`

/** How a sound is made anew from a stem: notes for an instrument, hits for a drum kit, or through a model the user named. */
export const makeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('notes'),
    instrument: z.object({ name: z.string().min(1).max(200), params: z.record(z.string().max(100), z.number()) }),
    notes: z.array(noteSchema).max(100_000),
    /** URN of the model that transcribed the notes; null where a person wrote them. */
    model: id.nullable(),
  }),
  z.object({ kind: z.literal('hits'), kit: z.string().min(1).max(100), hits: z.array(hitSchema).max(100_000) }),
  z
    .object({
      kind: z.literal('model'),
      modelSha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** Ends with the hash: what runs is what is disclosed. */
      urn: id,
      name,
      version: z.string().max(100),
      licence: z.string().max(300),
      strengthPermille: z.int().min(0).max(1_000),
    })
    .refine(
      ({ urn, modelSha256 }) => urn === ownModelUrn(modelSha256),
      'the URN of a model is urn:stemma:model:own: and the SHA-256 of its file',
    ),
])
export type Make = z.infer<typeof makeSchema>

/** A sound made from a stem. Clips that name it play it in the stem's place. */
export const soundRecordSchema = z.object({ type: z.literal('sound'), id, stemId: id, name, make: makeSchema })

/** How a clip's sound is bent in time and pitch. */
export const warpSchema = z.object({
  /** Tempo of the source: the clip follows the tempo of the remix. Null keeps the source's own speed. */
  milliBpm: z.int().min(10_000).max(800_000).nullable(),
  cents: z.int().min(-2_400).max(2_400),
  /** Whether formants stay where they are while the pitch moves: for voices. */
  keepsFormants: z.boolean(),
})
export type Warp = z.infer<typeof warpSchema>
