// A stem's file, as requests to the engine name it.
import { z } from 'zod'

/** A stem file on disk, already checked against its hash by the caller. */
export const stemFileSchema = z.object({
  path: z.string().min(1).max(4_096),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().max(300),
})
export type StemFile = z.infer<typeof stemFileSchema>
