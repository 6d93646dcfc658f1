// Styles as the studio runs them: facts from the engine, terms from the licences, edits through the session.
export { applyStyle, proposeStyle, type StyleProposal } from './apply-style.ts'
export { measureMix, type MixMeasure } from './measure-mix.ts'
export { ReferenceShelf } from './reference-shelf.ts'
export { collectFacts, type FactHooks, type FactTools } from './collect-facts.ts'
export { readStyleFile, styleToSave, writeStyleFile } from './style-files.ts'
