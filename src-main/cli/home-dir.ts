// The home folder a command line names, known before the command line is parsed.
import { resolve } from 'node:path'
import { defaultHomeDir } from '../studio/home/index.ts'

/** `--home DIR` or `--home=DIR`, else the default. */
export const homeDirOf = (args: readonly string[]): string => {
  const at = args.findIndex((arg) => arg === '--home' || arg.startsWith('--home='))
  const named = args[at] === '--home' ? args[at + 1] : args[at]?.slice('--home='.length)
  return named ? resolve(named) : defaultHomeDir()
}
