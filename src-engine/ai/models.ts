// The trained models that come with Stemma: who they are, and where their files lie. A file that is not what it should be is never run.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ModelIdentity } from '../../src-shared/protocol/index.ts'
import { BUILT_IN_MODELS } from '../../src-shared/provenance/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import { MODEL_FILES, type ModelFile } from './model-files.ts'

export const BASIC_PITCH: ModelIdentity = BUILT_IN_MODELS.basicPitch
export const SILERO_VAD: ModelIdentity = BUILT_IN_MODELS.sileroVad

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
