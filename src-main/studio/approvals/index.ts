export { Approvals } from './approvals.ts'
export { type CarriedApproval, type ExportInQuestion, settingsOf } from './standing.ts'
export { ApprovalStore } from './store.ts'
