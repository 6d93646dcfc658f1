// Renews the licence of a pack: a later end, or other terms, over the very stems that were signed before. Packing the folder again would sign the stems
// anew, and remixes and receipts that name the old ones would lose them.
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPack } from '../../../src-service/pack/index.ts'
import { grantTermsSchema, packSchema, type GrantTerms } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Clock, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { hasLabel, openLabel } from './label.ts'
import type { PackedWork } from './pack-folder.ts'
import { checkTerms } from './work-file.ts'
import { writePackZip } from './write-pack-zip.ts'

const MAX_TERMS_BYTES = 4 * 1024 * 1024

export interface RenewPackRequest {
  /** The pack whose licence is renewed. */
  readonly pack: string
  /** The pack to write; may be the old one, which is then replaced. */
  readonly out: string
  /** Application data; the keys of the label that signed the pack have to be there. */
  readonly homeDir: string
  /** Until when: a day, which it includes, or a time as in work.json. As before when left out. */
  readonly until?: string
  /** JSON file with other terms: a grant, or a work.json that holds one. As before when left out. */
  readonly terms?: string
  readonly now: Clock
  readonly signal?: AbortSignal
}

export interface RenewedWork extends PackedWork {
  /** Until when it runs now, and ran before. */
  readonly notAfter: string
  readonly before: string
}

const readEnd = (text: string): string | undefined => {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59Z` : text
  // A day that does not exist is no end: read back it must be what was said.
  const isDay = grantTermsSchema.shape.validity.shape.notAfter.safeParse(time).success && !Number.isNaN(Date.parse(time))
  return isDay && new Date(Date.parse(time)).toISOString().slice(0, 10) === time.slice(0, 10) ? time : undefined
}

const readTerms = async (path: string): Promise<Result<GrantTerms>> => {
  const name = basename(path)
  try {
    if ((await stat(path)).size > MAX_TERMS_BYTES) return fail('pack.terms_invalid', `${name} is larger than 4 MB, so it holds no terms.`)
    const value: unknown = JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''))
    const inside = typeof value === 'object' && value !== null && 'grant' in value ? value.grant : value
    const parsed = grantTermsSchema.safeParse(inside)
    if (parsed.success) return ok(parsed.data)
    const [issue] = parsed.error.issues
    return fail(
      'pack.terms_invalid',
      `${name} holds no terms that can be used: ${issue?.path.map(String).join('.')} is wrong (${issue?.message}). Mend it and try again.`,
    )
  } catch (error) {
    return error instanceof SyntaxError
      ? fail('pack.terms_invalid', `${name} is not valid JSON. Mend it and try again.`)
      : fileFailure(error, path)
  }
}

/**
 * Writes a pack with renewed terms. Codes: `pack.refused`, `pack.bad_signature`, `pack.no_label`, `pack.terms_invalid`, `pack.bad_end`, `pack.nothing_new`,
 * `pack.shares`, `pack.work_invalid`, `pack.cancelled`, `disk.*`. Whatever goes wrong, the old pack stays as it was.
 */
export const renewPack = async (request: RenewPackRequest): Promise<Result<RenewedWork>> => {
  const path = resolve(request.pack)
  const out = resolve(request.out)
  try {
    await stat(path)
  } catch (error) {
    return fileFailure(error, path)
  }
  const opened = await openPack(path, basename(path))
  if (!opened.ok) return opened
  const { pack: old, openStem, close } = opened.value
  let temp: string | undefined
  try {
    const { name, key } = old.label
    const label = hasLabel(request.homeDir, name) ? await openLabel(request.homeDir, name, request.now()) : undefined
    if (label && !label.ok) return label
    if (label?.value.jwk.kid !== key.kid)
      return fail(
        'pack.no_label',
        `“${old.work.title}” was signed by “${name}”, whose keys are not on this computer. Only the label itself can renew its licence.`,
      )
    const terms = request.terms === undefined ? ok(old.grant) : await readTerms(resolve(request.terms))
    if (!terms.ok) return terms
    const notAfter = request.until === undefined ? terms.value.validity.notAfter : readEnd(request.until)
    if (notAfter === undefined || Date.parse(notAfter) <= request.now())
      return fail(
        'pack.bad_end',
        `A licence is renewed until a day to come, such as ${new Date(request.now()).getUTCFullYear() + 2}-12-31; “${request.until ?? notAfter}” is none.`,
      )
    const grant: GrantTerms = { ...terms.value, validity: { ...terms.value.validity, notAfter } }
    const sound = checkTerms(grant)
    if (!sound.ok) return sound
    if (JSON.stringify(grant) === JSON.stringify(old.grant))
      return fail('pack.nothing_new', `“${old.work.title}” has exactly these terms already, so there is nothing to renew.`)
    await mkdir(dirname(out), { recursive: true })
    temp = await mkdtemp(join(dirname(out), `.${basename(out)}.part-`))
    const stems = join(temp, 'stems')
    await mkdir(stems)
    for (const stem of old.stems) {
      if (request.signal?.aborted) return fail('pack.cancelled', 'Renewing the licence was cancelled. Nothing was written.')
      await pipeline(await openStem(stem), createWriteStream(join(stems, stem.file)))
    }
    const pack = packSchema.parse({ ...old, grant, createdAt: new Date(request.now()).toISOString() })
    const zip = join(temp, 'pack.zip.part')
    await writePackZip(zip, pack, label.value, stems)
    const { size } = await stat(zip)
    close()
    await rename(zip, out)
    const { id, title } = old.work
    return ok({ out, work: id, title, label: name, stems: old.stems.length, bytes: size, notAfter, before: old.grant.validity.notAfter })
  } catch (error) {
    if (error instanceof Error && !('code' in error))
      return fail('pack.refused', `The licence of “${old.work.title}” was not renewed: ${error.message}. Take the pack from a backup.`)
    return fileFailure(error, out)
  } finally {
    close()
    if (temp !== undefined) await rm(temp, { recursive: true, force: true })
  }
}
