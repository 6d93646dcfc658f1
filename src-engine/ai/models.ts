// The trained models that come with Stemma: who they are, and where their files lie. A file that is not what it should be is never run.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ModelIdentity } from '../../src-shared/protocol/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import { MODEL_FILES, type ModelFile } from './model-files.ts'

/** URN of a model by its short name and the SHA-256 of its files. */
export const modelUrn = (shortName: string, sha256: string): string => `urn:stemma:model:${shortName}:${sha256}`

const identity = (shortName: string, facts: Omit<ModelIdentity, 'urn'>): ModelIdentity => ({
  urn: modelUrn(shortName, facts.sha256),
  ...facts,
})

/** Transcription: Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription" (ICASSP 2022). */
export const BASIC_PITCH: ModelIdentity = identity('basic-pitch', {
  name: 'Basic Pitch',
  version: '1.0.1',
  licence: 'Apache-2.0',
  sha256: '05b1841066b99dbacaed788987144c5d8184bff150e34a6684ec26b20747c4e5',
})

/** Voice activity: Silero VAD 5, as `@ricky0123/vad-web` ships it. */
export const SILERO_VAD: ModelIdentity = identity('silero-vad', {
  name: 'Silero VAD',
  version: '5',
  licence: 'MIT',
  sha256: '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
})

/** Path of a file of a model or of what runs it. */
export const modelPath = (file: ModelFile): string => {
  const bundled = join(import.meta.dirname, 'models', file)
  return existsSync(bundled) ? bundled : inPackages(MODEL_FILES[file])
}

// Packages need not list these files among their exports, so they are looked for as files, from this folder upward.
const inPackages = (path: string): string => {
  for (const folder of createRequire(import.meta.url).resolve.paths(path) ?? []) {
    if (existsSync(join(folder, path))) return join(folder, path)
  }
  throw new ProblemError({
    code: 'ai.model_missing',
    message: `A part of Stemma is missing (${path.slice(path.lastIndexOf('/') + 1)}). Install Stemma again.`,
  })
}

/** The files of one model, checked against its identity. Throws `ai.model_damaged`. */
export const readModel = (model: ModelIdentity, files: readonly ModelFile[]): readonly Buffer[] => {
  const contents = files.map((file) => readFileSync(modelPath(file)))
  const hash = createHash('sha256')
  for (const bytes of contents) hash.update(bytes)
  if (hash.digest('hex') === model.sha256) return contents
  throw new ProblemError({ code: 'ai.model_damaged', message: `The model ${model.name} is damaged. Install Stemma again.` })
}
