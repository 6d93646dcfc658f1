// `stemma receipts …` and `stemma sync`.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileProblem } from '../../studio/index.ts'
import type { Run } from '../command.ts'
import { done, finding, refused, reportOf, table } from '../output.ts'

export const receiptsListCommand: Run<unknown> = async (context) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const receipts = studio.value.ledger.list({ limit: 100_000 })
  const rows = receipts.map((row) => [
    row.issuedAt.slice(0, 19).replace('T', ' '),
    row.type,
    row.state,
    row.title,
    row.id,
    row.lastError ?? '',
  ])
  return done({ ok: true, receipts, counts: studio.value.ledger.counts(), repairs: studio.value.ledger.repairs }, [
    ...studio.value.ledger.repairs,
    ...(rows.length === 0 ? ['No receipts yet.'] : table(rows)),
  ])
}

export const receiptsShowCommand: Run<{ readonly id: string }> = async (context, { id }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return reportOf(studio.value.ledger.show(id), (entry) =>
    done({ ok: true, ...entry }, [
      `${entry.row.title}: ${entry.row.state}`,
      ...JSON.stringify(entry.receipt, null, 2).split('\n'),
      entry.proof
        ? `In the log at ${entry.proof.logIndex} of ${entry.proof.treeSize}, checked ${entry.proof.verifiedAt}:`
        : 'Not in the log yet.',
      ...(entry.proof ? entry.proof.checkpoint.trim().split('\n') : []),
      'Sent or to be sent, word for word:',
      entry.jws,
    ]),
  )
}

export const receiptsExportCommand: Run<{ readonly out?: string }> = async (context, { out }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const document = { format: 'stemma-receipts', v: 1, deviceKey: studio.value.identity.jwk, receipts: [...studio.value.ledger.exportAll()] }
  if (out === undefined) return done(document, JSON.stringify(document, null, 2).split('\n'))
  const path = resolve(out)
  try {
    await writeFile(path, `${JSON.stringify(document, null, 2)}\n`)
  } catch (error) {
    return refused(fileProblem(error, path))
  }
  return done({ ok: true, out: path, receipts: document.receipts.length }, [
    `${document.receipts.length} receipts with their proofs in ${path}`,
  ])
}

export const receiptsVoidCommand: Run<{ readonly id: string }> = async (context, { id }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return reportOf(studio.value.ledger.voidReceipt(id), ({ receipt }) =>
    done({ ok: true, voided: id, receipt: receipt.id }, [
      `Receipt ${id} is withdrawn by receipt ${receipt.id}. Sync to tell the rights service.`,
    ]),
  )
}

export const syncCommand: Run<unknown> = async (context) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const approvals = studio.value.hasApprovals ? await studio.value.approvals.sync({ signal: context.signal }) : null
  return reportOf(await studio.value.sync(context.signal), (summary) => {
    const lines = [
      `${summary.synced} receipts synced with proof, ${summary.remaining} to send.`,
      ...summary.refused.map(({ id, message }) => `${id}: ${message}`),
      ...(approvals?.ok ? [`Approvals: ${approvals.value.sent} sent, ${approvals.value.received} received.`] : []),
      ...(approvals?.ok ? approvals.value.refused.map(({ id, message }) => `${id}: ${message}`) : []),
      ...(approvals && !approvals.ok ? [approvals.error.message] : []),
    ]
    const isDone = approvals === null || (approvals.ok && approvals.value.refused.length === 0)
    const more = approvals?.ok ? { approvals: approvals.value } : {}
    const json = {
      ok: isDone && summary.refused.length === 0 && summary.remaining === 0,
      ...summary,
      ...more,
      counts: studio.value.ledger.counts(),
    }
    return json.ok ? done(json, lines) : finding(json, lines)
  })
}
