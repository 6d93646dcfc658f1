import './approvals.css'

export { ApprovalsScreen } from './approvals-screen.tsx'
export { openSubmit, startApprovals, threadsOf, useApprovals } from './approvals-store.ts'
export { ApprovalAtExport, StandingBar, useMissingYes } from './standing.tsx'
export { SubmitSheet } from './submit-sheet.tsx'
