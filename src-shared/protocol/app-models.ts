// Window <-> main about models of the user's own: what there is, and adding one. Spread into `app.ts`.
import { z } from 'zod'

/** A model that was added: what the user or the file says of it, and what trying it out showed. Every export made with it names it. */
export const modelCardSchema = z.object({
  /** SHA-256 of the file, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  urn: z.string().min(1).max(200),
  name: z.string().min(1).max(300),
  version: z.string().min(1).max(100),
  /** SPDX id where there is one. */
  licence: z.string().min(1).max(300),
  bytes: z.number().min(0),
  /** Null where it takes mono and stereo. */
  channels: z.union([z.literal(1), z.literal(2)]).nullable(),
  sampleRate: z.int().min(1),
  /** Seconds of sound per second of computing on this machine, when it was added. */
  timesRealtime: z.number().min(0),
})
export type ModelCard = z.infer<typeof modelCardSchema>

const statement = z.string().trim().max(300).nullable()

export const modelRequestSchemas = {
  'models.list': z.object({}).strict(),
  /** Adds an ONNX file: dropped (by token), or picked in a dialog. What is null is taken from the file; `model.undeclared` says what it lacks. */
  'models.add': z.object({ token: z.string().max(200).nullable(), name: statement, version: statement, licence: statement }),
} as const satisfies Record<string, z.ZodType>

export interface ModelReplies {
  'models.list': { readonly models: readonly ModelCard[] }
  /** Null where the dialog was closed. */
  'models.add': ModelCard | null
}
