export type { FoundReceipt, ReceiptLookup } from './receipt-check.ts'
export { verifyFile, type VerifyOptions } from './verify-file.ts'
