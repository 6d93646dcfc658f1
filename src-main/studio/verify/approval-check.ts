// The approvals a file carries: that file and receipt name the same, and that each covers this very sound. Names in a manifest are data of unknown origin.
import type { VerifyFinding } from '../../../src-shared/protocol/index.ts'
import type { ExportReceipt } from '../../../src-shared/receipts/index.ts'
import type { ApprovalFinding } from '../../../src-shared/approvals/index.ts'
import type { Provenance } from './lineage.ts'

export interface CarriedByFile {
  readonly id: string
  readonly sha256: string
  readonly verdict: string
  readonly artist: string
}

/** Looks an answer up on this machine and judges it as of the export; null where it is not known here. */
export type JudgePastApproval = (
  carried: CarriedByFile,
  made: { readonly planSha256: string; readonly pcmSha256: string; readonly issuedAt: string },
) => { readonly artistName: string; readonly answeredAt: string; readonly findings: readonly ApprovalFinding[] } | null

const byId = (list: readonly CarriedByFile[]): string =>
  JSON.stringify(list.map(({ id, sha256, verdict, artist }) => [id, sha256, verdict, artist]).sort())

/** Findings about the approvals of a file; errors where one does not hold. */
export const checkApprovals = (
  provenance: Provenance | null,
  receipt: ExportReceipt | null,
  judge: JudgePastApproval | undefined,
): readonly VerifyFinding[] => {
  // A stripped copy says nothing itself; its receipt still does.
  const carried = provenance ? (provenance.approvals ?? []) : (receipt?.approvals ?? [])
  const findings: VerifyFinding[] = []
  if (receipt && byId(carried) !== byId(receipt.approvals ?? []))
    findings.push({
      code: 'approval.differs',
      severity: 'error',
      message: 'The file and its receipt do not name the same answers of artists, so neither can be relied on.',
    })
  for (const one of carried) {
    const judged = receipt && judge?.(one, { planSha256: receipt.plan, pcmSha256: receipt.asset.pcmSha256, issuedAt: receipt.issuedAt })
    const how = one.verdict === 'approve_with_conditions' ? 'approved it on conditions' : 'approved it'
    if (!judged) {
      findings.push({
        code: 'approval.carried',
        severity: 'info',
        message: `The ${provenance ? 'file' : 'receipt'} says that an artist (key ${one.artist.slice(0, 12)}…) ${how}; the answer itself is not known here.`,
      })
      continue
    }
    const wrong = judged.findings.filter(({ severity }) => severity === 'error')
    for (const { code, message } of wrong) findings.push({ code, severity: 'error', message })
    if (wrong.length === 0)
      findings.push({
        code: 'approval.held',
        severity: 'info',
        message: `${judged.artistName} heard exactly this sound and ${how} on ${judged.answeredAt.slice(0, 10)}.`,
      })
  }
  return findings
}
