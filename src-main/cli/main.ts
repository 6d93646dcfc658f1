// Entry of the `stemma` command. It starts what takes longest to start before it loads the program itself.
import { endAhead, forkAhead, keepCompiledCode } from '../studio/process-host/index.ts'
import { homeDirOf } from './home-dir.ts'

// Heard from the beginning, so that an early Ctrl-C is answered like a late one.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const args = process.argv.slice(2)
keepCompiledCode(homeDirOf(args))
const isRender = args[0] === 'render' && !args.includes('--help') && !args.includes('-h')
// An export needs both helpers; on two cores they start in turn while this process reads its own code and the remix.
if (isRender) forkAhead('engine')
const { runProgram } = await import('./program.ts')
if (isRender) forkAhead('signer')
process.exitCode = await runProgram(args, stop.signal)
endAhead()
