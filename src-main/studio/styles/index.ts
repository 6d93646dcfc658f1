// Styles as the studio runs them: facts from the engine, terms from the licences, edits through the session.
export { applyStyle, proposeStyle, type StyleProposal } from './apply-style.ts'
export { type CollectedFacts, collectFacts, type FactHooks, type FactTools } from './collect-facts.ts'
