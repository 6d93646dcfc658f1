// The `stemma` command. Exit codes: 0 done, 1 a refusal or finding, 2 wrong usage. It never prompts.
import { resolve } from 'node:path'
import { Command, CommanderError, type CommandOptions } from 'commander'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { createNodeProcessHost, defaultHomeDir, openStudio, fileSecretBox, type Studio } from '../studio/index.ts'
import { type CommandContext, type CommonOptions, UsageError } from './command.ts'
import {
  analyseCommand,
  answerCommand,
  approvalsCommentCommand,
  approvalsExportCommand,
  approvalsImportCommand,
  approvalsListCommand,
  approvalsRemindCommand,
  approvalsReviewCommand,
  approvalsRevokeCommand,
  approvalsShowCommand,
  artistInitCommand,
  artistKeyCommand,
  artistUsageCommand,
  catalogueCommand,
  demoCommand,
  editCommand,
  freezeCommand,
  fsckCommand,
  modelsAddCommand,
  modelsListCommand,
  newCommand,
  packCommand,
  pluginsInfoCommand,
  pluginsListCommand,
  pluginsScanCommand,
  pluginsTestCommand,
  pullCommand,
  receiptsExportCommand,
  receiptsListCommand,
  receiptsShowCommand,
  receiptsVoidCommand,
  renderCommand,
  renewCommand,
  serveCommand,
  showCommand,
  styleCommand,
  styleSaveCommand,
  stylesCommand,
  submitCommand,
  syncCommand,
  unfreezeCommand,
  varyCommand,
  verifyCommand,
  wordsCommand,
} from './commands/index.ts'
import { plain, Progress, type Report, refused } from './output.ts'

let exitCode: number = 0
let stop: AbortSignal

const print = (report: Report, isJson: boolean): void => {
  if (isJson) {
    // `serve` has told its address already.
    if (report.json !== undefined) process.stdout.write(`${JSON.stringify(report.json, null, 2)}\n`)
  } else if (report.lines.length > 0) {
    const stream = report.exitCode === 0 ? process.stdout : process.stderr
    stream.write(`${report.lines.map(plain).join('\n')}\n`)
  }
  exitCode = report.exitCode
}

/** A broken invariant of ours. Whoever reads it can only report it, so it is one sentence; STEMMA_LOG=debug shows where it happened. */
const unexpected = (error: unknown): Problem => {
  if (process.env.STEMMA_LOG === 'debug') process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  const reason = error instanceof Error ? error.message : String(error)
  return {
    code: 'internal',
    message: `Stemma failed in a way it should not: ${reason}. Please report it; STEMMA_LOG=debug in the environment tells more.`,
  }
}

const execute = async (common: CommonOptions, run: (context: CommandContext) => Promise<Report>): Promise<void> => {
  const isJson = common.json ?? false
  const progress = new Progress(!isJson)
  if (stop.aborted) {
    print(refused({ code: 'command.cancelled', message: 'The command was cancelled before it began. Nothing was done.' }), isJson)
    return
  }
  let opened: Studio | undefined
  const homeDir = resolve(common.home ?? defaultHomeDir())
  const serviceUrl = common.service ?? null
  const context: CommandContext = {
    homeDir,
    serviceUrl,
    isJson,
    progress,
    signal: stop,
    studio: async () => {
      if (opened) return { ok: true, value: opened }
      const studio = await openStudio({ homeDir, serviceUrl, host: createNodeProcessHost(), secrets: fileSecretBox })
      if (studio.ok) opened = studio.value
      return studio
    },
  }
  try {
    const report = await run(context)
    progress.clear()
    print(report, isJson)
  } catch (error) {
    progress.clear()
    if (error instanceof UsageError) {
      print({ exitCode: 2, json: { ok: false, problem: { code: 'usage', message: error.message } }, lines: [error.message] }, isJson)
    } else if (error instanceof ProblemError) print(refused(error.problem), isJson)
    else print(refused(unexpected(error)), isJson)
  } finally {
    await opened?.close()
  }
}

const number = (text: string): number => {
  // `Number` alone reads an empty text as zero and takes hexadecimal.
  const value = /^[+-]?\d{1,12}(\.\d{1,9})?$/.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw new CommanderError(2, 'stemma.not_a_number', `“${text}” is not a number.`)
  return value
}

const program = new Command('stemma')
  .description('Licensed stems in, stamped files and receipts out.')
  .version('0.1.0')
  // Options of the program stand before the command, so that `models add` may have a --version of its own.
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })

/** A command with the options that all of them take. */
const command = (parent: Command, signature: string, description: string, options: CommandOptions = {}): Command =>
  parent
    .command(signature, options)
    .description(description)
    .option('--home <DIR>', 'application data (default: $STEMMA_HOME or the platform’s data folder)')
    .option('--service <URL>', 'rights service to talk to (default: the one this home last used)')
    .option('--json', 'print one JSON document on standard output and nothing else')
    .exitOverride()

command(program, 'serve', 'run the rights service; prints its URL')
  .option('--data <DIR>', 'where the service keeps its data')
  .option('--port <N>', 'port to listen on (default: any free one)', number)
  .option('--host <ADDRESS>', 'address to listen on (default: loopback only)')
  .option('--catalogue <DIR...>', 'folders with packs, or packs')
  .action((options) => execute(options, (context) => serveCommand(context, options)))

command(program, 'pack <DIR>', 'make a signed licence pack from audio files and a work.json')
  .option('-o, --out <FILE>', 'where to write it (default: DIR.stemmapack)')
  .option('--label <NAME>', 'the label that signs (default: the first licensor in work.json)')
  .action((dir: string, options) => execute(options, (context) => packCommand(context, { ...options, dir })))

command(program, 'renew <PACK>', 'renew the licence of a pack: same stems, a later end or other terms')
  .option('--until <DAY>', 'until when it runs, that day included')
  .option('--terms <FILE>', 'other terms: a grant as in work.json, or a work.json')
  .option('-o, --out <FILE>', 'where to write it (default: over PACK)')
  .action((pack: string, options) => execute(options, (context) => renewCommand(context, { ...options, pack })))

command(program, 'catalogue [QUERY]', 'search the catalogue').action((query: string | undefined, options) =>
  execute(options, (context) => catalogueCommand(context, { query: query ?? '' })),
)

command(program, 'pull <WORK>', 'get grant, lease and stems of a work; continues where it stopped').action((work: string, options) =>
  execute(options, (context) => pullCommand(context, { work })),
)

command(program, 'new <WORK>', 'make a remix with all stems in place')
  .requiredOption('-o, --out <FILE>', 'the remix file to write')
  .action((work: string, options) => execute(options, (context) => newCommand(context, { work, out: options.out })))

command(program, 'show <FILE>', 'what is in a remix').action((file: string, options) =>
  execute(options, (context) => showCommand(context, { file })),
)

command(program, 'analyse <WORK>', 'what is heard in a work, or in the works of a remix file: tempo, key, beats, sections').action(
  (target: string, options) => execute(options, (context) => analyseCommand(context, { target })),
)

command(program, 'edit <FILE> <EDITS>', 'apply a list of edits; all or none').action((file: string, edits: string, options) =>
  execute(options, (context) => editCommand(context, { file, edits })),
)

command(program, 'freeze <FILE> <TRACK>', 'render a track before its fader and save it with the remix; frozen already: anew').action(
  (file: string, track: string, options) => execute(options, (context) => freezeCommand(context, { file, track })),
)

command(program, 'unfreeze <FILE> <TRACK>', 'let a frozen track make its sound as it plays again').action(
  (file: string, track: string, options) => execute(options, (context) => unfreezeCommand(context, { file, track })),
)

command(program, 'styles [STYLE]', 'the styles there are, or the settings of one').action((style: string | undefined, options) =>
  execute(options, (context) => stylesCommand(context, style === undefined ? {} : { style })),
)

const style = program.command('style').description('run a style on a remix, or save the ones it was made with').exitOverride()
command(style, 'run <FILE> <STYLE>', 'run a style on a remix, as ordinary edits: the id of one, or a style file', { isDefault: true })
  .option('--param <NAME=VALUE...>', 'settings of the style')
  .option('--reference <FILE>', 'for match: an audio file, or a work that was pulled')
  .option('--seed <N>', 'another seed gives another result; the same one the same (default: 1)', number)
  .option('-o, --out <FILE>', 'where to save the result (default: the remix itself)')
  .action((file: string, style: string, options) => execute(options, (context) => styleCommand(context, { ...options, file, style })))
command(style, 'save <FILE>', 'save the styles a remix was made with as one style file, to use again and to share')
  .requiredOption('-o, --out <FILE>', 'where to write it (.json)')
  .option('--name <NAME>', 'what the style is called (default: the name of the file)')
  .action((file: string, options) => execute(options, (context) => styleSaveCommand(context, { ...options, file })))

const models = program.command('models').description('trained models of your own, for the style model').exitOverride()
command(models, 'list', 'models that were added', { isDefault: true }).action((options) =>
  execute(options, (context) => modelsListCommand(context, {})),
)
command(models, 'add <FILE>', 'try an ONNX model out and keep it; exports made with it name it')
  .option('--name <NAME>', 'what it is called (default: what the file states)')
  .option('--version <VERSION>', 'its version (default: what the file states)')
  .option('--licence <LICENCE>', 'its licence, an SPDX id where there is one (default: what the file states)')
  .action((file: string, { version, ...options }) =>
    execute(options, (context) => modelsAddCommand(context, { ...options, file, modelVersion: version })),
  )

const plugins = program.command('plugins').description('LV2, CLAP and VST3 plugins of this computer').exitOverride()
command(plugins, 'list [QUERY]', 'plugins that were found, narrowed by words', { isDefault: true })
  .option('--format <FORMAT>', 'lv2, clap or vst3')
  .option('--category <CATEGORY>', 'effect, instrument, analyser, note effect or other')
  .option('--vendor <NAME>', 'of one maker')
  .option('--favourites', 'only favourites')
  .option('--failed', 'what is held back instead, and why')
  .action((query: string | undefined, options) =>
    execute(options, (context) => pluginsListCommand(context, { ...options, query: query ?? '' })),
  )
command(plugins, 'scan', 'look for new and changed plugins; each file is read in a process of its own')
  .option('--force', 'read every file again, also those that failed')
  .option('--path <DIR...>', 'search this folder too, now and from now on')
  .option('--forget <DIR...>', 'do not search this folder any more')
  .action((options) => execute(options, (context) => pluginsScanCommand(context, options)))
command(plugins, 'info <PLUGIN>', 'everything a plugin says of itself').action((id: string, options) =>
  execute(options, (context) => pluginsInfoCommand(context, { id })),
)
command(plugins, 'test [PLUGIN...]', 'run plugins for a few seconds each: finite sound, state restored exactly, latency as reported')
  .option('--all', 'every plugin that was found')
  .option('--format <FORMAT>', 'with --all: only lv2, clap or vst3')
  .action((ids: string[], options) => execute(options, (context) => pluginsTestCommand(context, { ...options, ids })))

command(program, 'words <FILE> <TEXT>', 'how a wish in words is understood, and with --apply doing it')
  .option('--apply', 'do it, as ordinary edits')
  .option('--seed <N>', 'another seed gives another result (default: 1)', number)
  .option('-o, --out <FILE>', 'where to save the result (default: the remix itself)')
  .action((file: string, text: string, options) => execute(options, (context) => wordsCommand(context, { ...options, file, text })))

command(program, 'render <FILE>', 'export a stamped mixdown or aligned stems, with receipts')
  .requiredOption('-o, --out <PATH>', 'file to write, or a folder for several')
  .option('--format <LIST>', 'wav, flac, mp3, m4a, with a depth where there is one: wav16, wav24, wav32f, flac16, flac24')
  .option('--from <POSITION>', 'start: bar (17), bars.beats.ticks (17.1.0), or seconds (32s)')
  .option('--to <POSITION>', 'end, likewise')
  .option('--stems', 'every track as a file of its own, aligned')
  .option('--credits-sheet', 'an AI credits sheet beside each (NAME.ddex.json), for distributors')
  .option('--loudness <LUFS>', 'integrated loudness to reach', number)
  .option('--threads <N>', 'threads to render with', number)
  .action((file: string, options) => execute(options, (context) => renderCommand(context, { ...options, file })))

command(program, 'vary <FILE>', 'make variations of a remix, check them, listen to them, and save the best spread')
  .option('--count <N>', 'how many (default: 100)', number)
  .option('--seed <S>', 'the same seed gives the same variations (default: 1)', number)
  .option('--style <LIST>', 'styles to draw from, comma-separated (default: all that fit)')
  .option('--keep <ROLES>', 'roles that stay as they are, comma-separated')
  .option('-o, --out <DIR>', 'save variations here, spread from close to far')
  .option('--top <K>', 'how many to save (default: 10)', number)
  .option('--dry', 'check the rules only, render nothing')
  .action((file: string, options) => execute(options, (context) => varyCommand(context, { ...options, file })))

command(program, 'verify <FILE...>', 'whether files are intact, who signed them, and what they are made of').action(
  (files: string[], options) => execute(options, (context) => verifyCommand(context, { files })),
)

command(program, 'submit <FILE>', 'hand a remix to the artists of its works and ask for their yes')
  .option('--message <TEXT>', 'what to say to them')
  .option('--loudness <LUFS>', 'integrated loudness the export will have', number)
  .option('--from <POSITION>', 'start of the export, as for render')
  .option('--to <POSITION>', 'end of the export, as for render')
  .option('--threads <N>', 'threads to render with', number)
  .option('--review <FILE>', 'also write a review to send by hand: .stemma-review, or .html for any browser')
  .action((file: string, options) => execute(options, (context) => submitCommand(context, { ...options, file })))

const approvals = program.command('approvals').description('what producers and artists say to each other').exitOverride()
command(approvals, 'list', 'threads and their states; fetches what is new', { isDefault: true })
  .option('--offline', 'only what is here already')
  .option('--remix <FILE>', 'how a remix, as it is now, stands with its artists')
  .action((options) => execute(options, (context) => approvalsListCommand(context, options)))
command(approvals, 'show <REQUEST>', 'one thread: what was done, answered and said').action((request: string, options) =>
  execute(options, (context) => approvalsShowCommand(context, { request })),
)
command(approvals, 'revoke <ANSWER>', 'take an answer back for new exports; past ones stay')
  .option('--reason <TEXT>', 'why')
  .option('--since <DATE>', 'from when on (default: now)')
  .action((answer: string, options) => execute(options, (context) => approvalsRevokeCommand(context, { ...options, answer })))
command(approvals, 'comment <REQUEST> <TEXT>', 'write into a thread')
  .option('--at <TIME>', 'place in the preview: 0:12 or 12s')
  .action((request: string, text: string, options) =>
    execute(options, (context) => approvalsCommentCommand(context, { ...options, request, text })),
  )
command(approvals, 'remind <REQUEST>', 'remind the artist')
  .option('--message <TEXT>', 'what to say')
  .action((request: string, options) => execute(options, (context) => approvalsRemindCommand(context, { ...options, request })))
command(approvals, 'review <REQUEST>', 'write a review to send by hand')
  .requiredOption('-o, --out <FILE>', '.stemma-review, or .html for any browser')
  .action((request: string, options) => execute(options, (context) => approvalsReviewCommand(context, { request, out: options.out })))
command(approvals, 'export <REQUEST>', 'write what was answered, to send by hand')
  .requiredOption('-o, --out <FILE>', '.stemma-answer')
  .action((request: string, options) => execute(options, (context) => approvalsExportCommand(context, { request, out: options.out })))
command(approvals, 'import <FILE>', 'take in a review or an answer').action((file: string, options) =>
  execute(options, (context) => approvalsImportCommand(context, { file })),
)

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
command(program, 'answer <REQUEST>', 'answer a request with the artist’s key of this home')
  .requiredOption('--verdict <WORD>', 'approve, conditions, changes or refuse')
  .option('--condition <TEXT>', 'what the yes depends on; may be given several times', several)
  .option('--note <NOTE>', 'a time or range and what to say: "0:12-0:20 too loud"; may be given several times', several)
  .option('--expires <DATE>', 'when the yes ends for new exports')
  .option('-o, --out <FILE>', 'also write the answer to send by hand: .stemma-answer')
  .action((request: string, options) => execute(options, (context) => answerCommand(context, { ...options, request })))

const artist = program.command('artist').description('the artist’s key of this home').exitOverride()
command(artist, 'init', 'make the key that answers are signed with')
  .requiredOption('--name <NAME>', 'name the artist is known by')
  .action((options) => execute(options, (context) => artistInitCommand(context, { name: options.name })))
command(artist, 'key', 'the public key, as a licence names it')
  .option('-o, --out <FILE>', 'file to write (default: standard output)')
  .option('--secret', 'the private key instead, for answering in a browser; whoever has it can say yes')
  .action((options) => execute(options, (context) => artistKeyCommand(context, options)))
command(artist, 'usage', 'every second of each stem used, as the rights service’s log has it').action((options) =>
  execute(options, (context) => artistUsageCommand(context, {})),
)

const receipts = program.command('receipts').description('the ledger').exitOverride()
command(receipts, 'list', 'every receipt and its state').action((options) =>
  execute(options, (context) => receiptsListCommand(context, {})),
)
command(receipts, 'show <ID>', 'one receipt, word for word').action((id: string, options) =>
  execute(options, (context) => receiptsShowCommand(context, { id })),
)
command(receipts, 'export', 'all receipts with their proofs')
  .option('-o, --out <FILE>', 'file to write (default: standard output)')
  .action((options) => execute(options, (context) => receiptsExportCommand(context, options)))
command(receipts, 'void <ID>', 'withdraw a receipt with another').action((id: string, options) =>
  execute(options, (context) => receiptsVoidCommand(context, { id })),
)

command(program, 'sync', 'push receipts to the rights service and check the proofs').action((options) =>
  execute(options, (context) => syncCommand(context, {})),
)

command(program, 'fsck', 'check everything on disk').action((options) => execute(options, (context) => fsckCommand(context, {})))

command(program, 'demo', 'from nothing to a synced receipt, headless')
  .option('--out <DIR>', 'where to leave remix, exports and receipts (default: ./stemma-demo)')
  .action((options) => execute(options, (context) => demoCommand(context, options)))

/** Runs a command line to its end, or until it is told to stop, and tells the exit code. */
export const runProgram = async (args: readonly string[], stopSignal: AbortSignal): Promise<number> => {
  stop = stopSignal
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version end with 0; everything else commander refuses is wrong usage.
    exitCode = error.exitCode === 0 ? 0 : 2
    if (exitCode === 2 && args.includes('--json')) {
      process.stdout.write(`${JSON.stringify({ ok: false, problem: { code: 'usage', message: error.message } })}\n`)
    }
  }
  return exitCode
}
