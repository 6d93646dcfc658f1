// Checks everything on disk: databases, receipts and their chain, stems by their hashes, exports by their receipts, leftovers.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { verifyReceipt } from '../../src-shared/receipts/index.ts'
import { hashText } from '../../src-shared/std/index.ts'
import { hashFile } from './disk/index.ts'
import { sha256, verifyEd25519 } from './identity/index.ts'
import { listRecoverable } from './remix-files/index.ts'
import type { Studio } from './studio.ts'
import { stemFileOf } from './works/index.ts'

export interface FsckFinding {
  readonly code: string
  /** `error`: something is wrong and was not put right. `notice`: worth knowing, nothing is wrong. */
  readonly severity: 'error' | 'notice'
  readonly message: string
}

export interface FsckReport {
  readonly findings: readonly FsckFinding[]
  readonly checked: { readonly receipts: number; readonly stems: number; readonly exports: number; readonly journals: number }
}

const checkReceipts = (studio: Studio, found: FsckFinding[]): number => {
  const { ledger, identity } = studio
  const heads = new Map<string, { readonly seq: number; readonly hash: string }>()
  let count = 0
  for (const { jws } of ledger.exportAll()) {
    count++
    const verified = verifyReceipt(jws, { keyFor: (kid) => (kid === identity.kid ? identity.publicKey : undefined), verify: verifyEd25519 })
    if (!verified.ok) {
      found.push({
        code: 'fsck.receipt_invalid',
        severity: 'error',
        message: `Receipt ${count} of the ledger does not hold: ${verified.error.message}`,
      })
      continue
    }
    const { epoch, seq, prev, id } = verified.value
    const head = heads.get(epoch)
    if (head && (seq !== head.seq + 1 || prev !== head.hash)) {
      found.push({
        code: 'fsck.chain_broken',
        severity: 'error',
        message: `Receipt ${id} does not follow the one before it (place ${seq} after ${head.seq}).`,
      })
    }
    heads.set(epoch, { seq, hash: hashText(jws, sha256) })
  }
  return count
}

const checkExports = async (studio: Studio, found: FsckFinding[]): Promise<number> => {
  const folders = new Set<string>()
  const rows = studio.library.exports()
  for (const row of rows) {
    folders.add(dirname(row.path))
    const entry = studio.ledger.show(row.receiptId)
    if (!entry.ok) {
      found.push({
        code: 'fsck.export_without_receipt',
        severity: 'error',
        message: `${basename(row.path)} was exported, but its receipt ${row.receiptId} is not in the ledger.`,
      })
    }
    if (!existsSync(row.path))
      found.push({
        code: 'fsck.export_moved',
        severity: 'notice',
        message: `${basename(row.path)} is not where it was exported to; its receipt is kept.`,
      })
    else if ((await hashFile(row.path)) !== row.sha256) {
      found.push({
        code: 'fsck.export_changed',
        severity: 'notice',
        message: `${basename(row.path)} was changed after it was exported; \`stemma verify\` tells how.`,
      })
    }
  }
  for (const folder of folders) {
    if (!existsSync(folder)) continue
    for (const name of await readdir(folder)) {
      if (/^\..+\.\d+-\d+\.part$/.test(name)) {
        found.push({
          code: 'fsck.leftover',
          severity: 'error',
          message: `${join(folder, name)} is left over from an export that was interrupted; it can be deleted.`,
        })
      }
    }
  }
  return rows.length
}

const checkStems = async (studio: Studio, found: FsckFinding[]): Promise<number> => {
  let count = 0
  for (const file of await studio.stems.list()) {
    count++
    if ((await hashFile(file.path)) === file.contentSha256) continue
    found.push({
      code: 'fsck.stem_damaged',
      severity: 'error',
      message: `The stem ${basename(file.path)} is damaged on disk. Delete it and pull its work again.`,
    })
  }
  for (const work of studio.library.works()) {
    const missing = work.stems.filter((stem) => !studio.stems.has(stemFileOf(stem)))
    if (missing.length > 0) {
      found.push({
        code: 'fsck.stems_missing',
        severity: 'notice',
        message: `${missing.length} of ${work.stems.length} stems of “${work.title}” are not on this computer; pull it to continue.`,
      })
    }
  }
  return count
}

/** Reads everything, changes nothing. What opening the studio put right already is told as notices. */
export const fsck = async (studio: Studio): Promise<FsckReport> => {
  const found: FsckFinding[] = []
  for (const repair of studio.ledger.repairs) found.push({ code: 'fsck.repaired', severity: 'notice', message: repair })
  if (studio.library.setAside !== null) {
    found.push({
      code: 'fsck.repaired',
      severity: 'notice',
      message: `The library was damaged and has been rebuilt; the damaged file is kept as ${basename(studio.library.setAside)}.`,
    })
  }
  const library = studio.library.check()
  if (library !== 'ok')
    found.push({
      code: 'fsck.library_damaged',
      severity: 'error',
      message: `The library database is damaged (${library}). Start Stemma again to rebuild it.`,
    })
  const ledger = studio.ledger.db.pragma('quick_check(1)', { simple: true })
  if (ledger !== 'ok')
    found.push({
      code: 'fsck.ledger_damaged',
      severity: 'error',
      message: `The ledger database is damaged (${String(ledger)}). Start Stemma again to rebuild it from its recovery copy.`,
    })
  const receipts = checkReceipts(studio, found)
  const exports = await checkExports(studio, found)
  const stems = await checkStems(studio, found)
  const { remixes, unreadable } = await listRecoverable(studio.home.journals)
  for (const { title } of remixes)
    found.push({ code: 'fsck.unsaved', severity: 'notice', message: `Unsaved work on “${title}” can be recovered.` })
  for (const { journal, reason } of unreadable)
    found.push({ code: 'fsck.journal_unreadable', severity: 'error', message: `The recovery file ${journal} cannot be read: ${reason}` })
  return { findings: found, checked: { receipts, stems, exports, journals: remixes.length + unreadable.length } }
}
