// Reads `work.json`: what a label writes by hand, so every refusal names the field and says what would be right.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { workFileSchema, type WorkFile } from '../../../src-shared/protocol/index.ts'
import { ROLES } from '../../../src-shared/remix/index.ts'
import { fail, jwkThumbprint, ok, type Result } from '../../../src-shared/std/index.ts'
import { sha256 } from '../identity/index.ts'

const MAX_WORK_FILE_BYTES = 4 * 1024 * 1024

/** What belongs into a field, for those people get wrong. */
const EXPECTED: readonly (readonly [RegExp, string])[] = [
  [/^stems\.\d+\.role$/, `one of ${ROLES.join(', ')}`],
  [/^stems\.\d+\.file$/, 'the plain name of a file in this folder'],
  [/^stems\.\d+\.source$/, '“recording” or “electronic”'],
  [/^stems$/, 'a list of at least one stem'],
  [/^artists/, 'a list of at least one name'],
  [/^tempo$/, 'beats per minute between 20 and 400, or null'],
  [/^key$/, 'a key such as “A minor” or “F# major”, or null'],
  [/^meter$/, 'a meter such as “4/4”'],
  [/^coverColors/, 'two colours such as “#1b3a4b”'],
  [/^grant\.validity/, 'two times such as “2026-01-01T00:00:00Z”'],
  [/^grant\.licensor/, 'a list of names with sharePermille'],
  [/^grant\.approval/, 'required, and approvers as `stemma artist key` prints them'],
]

const describe = (issue: z.core.$ZodIssue): string => {
  const field = issue.path.map(String).join('.')
  if (field === '') return 'it is not an object with title, artists, stems and grant'
  const expected = EXPECTED.find(([pattern]) => pattern.test(field))?.[1]
  return expected === undefined ? `the field “${field}” is wrong (${issue.message})` : `the field “${field}” must be ${expected}`
}

/** What a schema cannot say of the terms of a grant. Codes: `pack.shares`, `pack.work_invalid`. */
export const checkTerms = (grant: WorkFile['grant']): Result<null> => {
  const shares = grant.licensor.reduce((sum, { sharePermille }) => sum + sharePermille, 0)
  if (shares !== 1_000)
    return fail('pack.shares', `The shares in “grant.licensor” add up to ${shares}, not 1000. Mend work.json and try again.`, {
      field: 'grant.licensor',
    })
  const mistyped = grant.approval?.approvers.find(({ kid, publicKeyJwk }) => jwkThumbprint(publicKeyJwk, sha256) !== kid)
  if (mistyped)
    return fail(
      'pack.work_invalid',
      `The key of ${mistyped.name || 'an approver'} in work.json does not fit its kid, so no answer would ever count. Copy both from what \`stemma artist key\` prints.`,
      { field: 'grant.approval.approvers' },
    )
  if (grant.validity.notBefore >= grant.validity.notAfter) {
    return fail('pack.work_invalid', 'The licence in work.json ends before it begins. Mend “grant.validity” and try again.', {
      field: 'grant.validity',
    })
  }
  return ok(null)
}

/** Codes: `pack.work_missing`, `pack.work_not_json`, `pack.work_invalid` (with `field`), `pack.file_twice`, `pack.stem_missing`, `pack.shares`. An approver whose `kid` is not its key's is `pack.work_invalid`. */
export const readWorkFile = async (dir: string): Promise<Result<WorkFile>> => {
  const path = join(dir, 'work.json')
  let text: string
  try {
    if ((await stat(path)).size > MAX_WORK_FILE_BYTES)
      return fail('pack.work_invalid', 'work.json is larger than 4 MB. Take out what does not belong there.')
    text = await readFile(path, 'utf8')
  } catch {
    return fail(
      'pack.work_missing',
      'There is no work.json in this folder. Write one beside the audio files; docs/formats/pack.md shows how.',
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return fail(
      'pack.work_not_json',
      `work.json is not valid JSON: ${error instanceof Error ? error.message : String(error)}. Mend it and try again.`,
    )
  }
  const parsed = workFileSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return fail('pack.work_invalid', `work.json cannot be used: ${issue ? describe(issue) : 'it is malformed'}. Mend it and try again.`, {
      field: issue?.path.map(String).join('.') ?? '',
    })
  }
  const work = parsed.data
  const names = new Set<string>()
  for (const [index, { file, title }] of work.stems.entries()) {
    if (names.has(file.toLowerCase()))
      return fail('pack.file_twice', `work.json names the file “${file}” for two stems. Give each stem a file of its own.`)
    names.add(file.toLowerCase())
    const isFile = await stat(join(dir, file)).then(
      (found) => found.isFile(),
      () => false,
    )
    if (!isFile) {
      return fail(
        'pack.stem_missing',
        `The stem “${title}” has no file: “${file}” is not in this folder. Put it there or mend work.json.`,
        {
          field: `stems.${index}.file`,
        },
      )
    }
  }
  const sound = checkTerms(work.grant)
  return sound.ok ? ok(work) : sound
}
