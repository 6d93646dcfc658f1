export { createSigner, type Signer } from './client.ts'
export { STEM_ASSERTION, STEMMA_ASSERTION } from './profile.ts'
export * from './request.ts'
