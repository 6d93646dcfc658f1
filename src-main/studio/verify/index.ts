export type { FoundReceipt, ReceiptLookup, ReceiptQuery } from './receipt-check.ts'
export { verifyFile, type VerifyOptions } from './verify-file.ts'
