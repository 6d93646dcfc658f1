// Where the stems of a plan lie on disk.
import type { StemFile } from '../../src-shared/protocol/index.ts'
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'

/** The files of all stems that a plan reads. Codes: `export.stem_missing`. */
export const stemFilesOf = <T extends StemFile>(
  { sources }: RenderPlan,
  locate: (stemId: string) => T | undefined,
): Result<readonly T[]> => {
  const files: T[] = []
  for (const { stemId, title } of sources) {
    const file = locate(stemId)
    if (!file)
      return fail('export.stem_missing', `“${title}” is not on this computer. Pull its work again, or remove its clips.`, { stem: stemId })
    files.push(file)
  }
  return ok(files)
}
