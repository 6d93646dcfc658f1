export { openPack, type OpenPack } from './open-pack.ts'
