// The reader of packs lives with the service, which imports them too; the wall between the two opens at this one door (docs/decisions/pack-reader.md).
export { openPack } from '../../../src-service/pack/index.ts'
export type { Label } from './label.ts'
export { type Credential, createRootCertificate, issueSigningCertificate } from './label-certificates.ts'
export { type PackedWork, type PackFolderRequest, packFolder } from './pack-folder.ts'
export { type RenewedWork, renewPack } from './renew-pack.ts'
export { readWorkFile } from './work-file.ts'
