// What every command is given, and the options every command takes.
import type { Result } from '../../src-shared/std/index.ts'
import type { Studio } from '../studio/index.ts'
import type { Progress, Report } from './output.ts'

export interface CommonOptions {
  readonly home?: string
  readonly service?: string
  readonly json?: boolean
}

export interface CommandContext {
  readonly homeDir: string
  readonly serviceUrl: string | null
  readonly isJson: boolean
  readonly progress: Progress
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal
  /** Opens the studio on first use; closed for the command when it ends. */
  readonly studio: () => Promise<Result<Studio>>
}

export type Run<Options> = (context: CommandContext, options: Options) => Promise<Report>

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {}
