export { addApprovalRoutes } from './routes.ts'
export { APPROVAL_SCHEMA, SqliteApprovals } from './sqlite-approvals.ts'
export type { ApprovalReader, ApprovalWriter } from './store.ts'
