// Files on disk: hashing them, making them last, replacing them whole.
export { hashFile } from './hash-file.ts'
export { syncFile, syncFolder } from './sync.ts'
export { realTarget, writeAtomically } from './atomic-write.ts'
