// Wishes in words: read by a grammar, carried out like any style.
export type { WordAction, WordReading, WordUnderstanding } from './parse-words.ts'
export { createWordsStyle, understandWords } from './words-style.ts'
