// Before a stem becomes an ingredient it must be the very stem the grant names. The library takes in a tampered stem and still calls the result
// trusted, so this is checked here, by our own verifier.
import { stat } from 'node:fs/promises'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { verifyOwn, type OwnReport } from '../verify/own/index.ts'
import type { StampStem } from './request.ts'

interface CheckedStem {
  readonly key: string
  readonly report: OwnReport
}

/** How many stems are read at once; reading is bound by the disk and one core of hashing. */
const PARALLEL = 4

const refuse = (code: string, stem: StampStem, what: string): { readonly ok: false; readonly error: Problem } =>
  fail(code, `The stem “${stem.title}” ${what} Pull the work again, then export.`, { stem: stem.id })

const judge = (stem: StampStem, report: OwnReport): Result<null> => {
  const isSameFile = report.fileSha256 === stem.contentSha256
  if (stem.c2pa === null) {
    return isSameFile ? ok(null) : refuse('stamp.stem_tampered', stem, 'is not the file the licence names: it was changed or replaced.')
  }
  if (report.state === 'none') {
    return refuse('stamp.stem_bare', stem, 'has lost its content credentials, so the export could not say where it comes from.')
  }
  if (report.manifest && report.manifest.label !== stem.c2pa) {
    return refuse('stamp.stem_swapped', stem, 'is another signed recording than the one the licence names.')
  }
  if (report.state === 'invalid' || report.state === 'unreadable' || !isSameFile) {
    return refuse('stamp.stem_tampered', stem, 'was changed after it was signed.')
  }
  if (report.state === 'valid') {
    const why = report.findings.find(({ aspect }) => aspect === 'trust')?.message ?? ''
    return fail('stamp.stem_untrusted', `The stem “${stem.title}” is signed by someone this catalogue does not vouch for. ${why}`, {
      stem: stem.id,
    })
  }
  return ok(null)
}

/** Checks stems and remembers what it found: a stem that has not changed on disk is read once per signing process. */
export class StemChecker {
  readonly #known = new Map<string, CheckedStem>()

  /** Fails with the first stem, in the given order, that may not be used. */
  async check(stems: readonly StampStem[], anchors: readonly string[], now: number): Promise<Result<null>> {
    const outcomes = new Array<Result<null>>(stems.length)
    let next = 0
    const work = async (): Promise<void> => {
      for (let i = next++; i < stems.length; i = next++) outcomes[i] = await this.#checkOne(stems[i] as StampStem, anchors, now)
    }
    await Promise.all(Array.from({ length: Math.min(PARALLEL, stems.length) }, work))
    return outcomes.find((outcome) => !outcome.ok) ?? ok(null)
  }

  async #checkOne(stem: StampStem, anchors: readonly string[], now: number): Promise<Result<null>> {
    try {
      const { mtimeMs, size, ino } = await stat(stem.path)
      const key = JSON.stringify([mtimeMs, size, ino, stem.contentSha256, anchors.length, anchors.join().length])
      const known = this.#known.get(stem.path)
      const report = known?.key === key ? known.report : await verifyOwn(stem.path, { anchors, now })
      this.#known.set(stem.path, { key, report })
      return judge(stem, report)
    } catch {
      return fail('stamp.stem_missing', `The stem “${stem.title}” is not on this machine any more. Pull the work again, then export.`, {
        stem: stem.id,
      })
    }
  }
}
