export { CATALOGUE_VERSION, type DemoWorkFolder, renderDemoCatalogue } from './render-catalogue.ts'
export type { GrantTerms } from './work.ts'
export type { WorkFile } from './work-file.ts'
