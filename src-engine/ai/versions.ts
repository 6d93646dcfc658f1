// Raised whenever our way from a model's numbers to an answer changes, so that kept answers are not mistaken for new ones.

/** From sound to notes. */
export const TRANSCRIBE_VERSION = 2
/** From likelihoods to phrases. */
export const PHRASES_VERSION = 1
