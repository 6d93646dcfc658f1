export { openPack } from './open-pack.ts'
