import './verify.css'

export { VerifyScreen } from './verify-screen.tsx'
export { verifyFile } from './verify-store.ts'
