// Styles: named, parameterised, seeded recipes that change a remix as ordinary edits. Pure; nothing here reads a file or a clock.
export type { ReferenceFacts, StemFactsHeard, StyleFacts, WorkFactsHeard } from './facts.ts'
export { type Section, type SectionKind, sectionsOf } from './grid.ts'
export { needsOf } from './needs-of.ts'
export { createRandom, hashText32, type Random } from './random.ts'
export { descriptorOf, findStyle, STYLE_DESCRIPTORS, styleById, STYLES } from './registry.ts'
export type { RecipeOrder } from './recipe-order.ts'
export { recipesOf, runStyle, runStyles, type StyleChain } from './run-style.ts'
export { type StepChain, stepChainOf } from './step-chain.ts'
export {
  drawParams,
  type LeftOut,
  type ParamValue,
  readParams,
  type Style,
  type StyleDescriptor,
  type StyleGroup,
  type StyleNeed,
  type StyleParameter,
  type StyleParams,
  type StyleRun,
} from './style.ts'
export { decodeOwnStyle, MAX_OWN_STYLE_BYTES, orderOfOwnStyle, type OwnStyle, ownStyleOf } from './own-style.ts'
export type { WordAction, WordReading, WordUnderstanding } from './words/index.ts'
export { understandWords } from './words/index.ts'
