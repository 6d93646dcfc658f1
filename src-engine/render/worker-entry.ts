// Where a thread's entry file is: a `.ts` beside this file in source, a flat `.js` in the bundle (this module may sit in a chunk folder below it).
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const SOURCES = { 'engine-worker': 'worker.ts', 'measure-worker': 'measure-worker.ts' } as const

export const workerEntry = (name: keyof typeof SOURCES): string => {
  const here = import.meta.dirname
  if (import.meta.filename.endsWith('.ts')) return join(here, SOURCES[name])
  const beside = join(here, `${name}.js`)
  return existsSync(beside) ? beside : join(dirname(here), `${name}.js`)
}
