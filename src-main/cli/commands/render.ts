// `stemma render`: the export of the window, without one.
import { availableParallelism } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { existsSync, statSync } from 'node:fs'
import type { ExportFormat, ExportResult } from '../../../src-shared/protocol/index.ts'
import { EXPORT_FORMATS } from '../../../src-shared/protocol/index.ts'
import { compilePlan, remixOf, tracksOf } from '../../../src-shared/remix/index.ts'
import { frameAt, parsePosition } from '../../../src-shared/time/index.ts'
import { type ExportTarget, extensionOf, type OpenRemix, safeFileName } from '../../studio/index.ts'
import { type Run, UsageError } from '../command.ts'
import { done, formatDuration, refused } from '../output.ts'
import { withRemix } from './remix.ts'

export interface RenderOptions {
  readonly file: string
  readonly out: string
  readonly format?: string
  readonly from?: string
  readonly to?: string
  readonly stems?: boolean
  readonly creditsSheet?: boolean
  readonly loudness?: number
  readonly threads?: number
}

const SHORT: Readonly<Record<string, ExportFormat>> = { wav: 'wav24', flac: 'flac24' }

const parseFormats = (text: string | undefined, out: string): ExportFormat[] => {
  const ending = extname(out).toLowerCase()
  const names = (text ?? (ENDINGS.has(ending) ? ending.slice(1) : 'wav')).split(',').map((name) => name.trim().toLowerCase())
  return names.map((name) => {
    const format = SHORT[name] ?? name
    if (!(EXPORT_FORMATS as readonly string[]).includes(format))
      throw new UsageError(`There is no format “${name}”; there are wav, flac, ${EXPORT_FORMATS.join(', ')}.`)
    return format as ExportFormat
  })
}

/** A position of a remix as a frame at 48 kHz. */
export const parseFrame = (remix: OpenRemix, text: string, option: string): number => {
  const { tempo, meter } = remixOf(remix.session.snapshot)
  // A plain number is a bar here; in edits, where it may also be ticks, it has to say so.
  const position = parsePosition(/^\s*\d+\s*$/.test(text) ? `bar ${text.trim()}` : text, { tempo, meter })
  if (position === null)
    throw new UsageError(`${option}: “${text}” is no position. Write a bar (17), bars.beats.ticks (17.1.0) or seconds (32s).`)
  return frameAt(tempo, position, 48_000)
}

const ENDINGS: ReadonlySet<string> = new Set(EXPORT_FORMATS.map(extensionOf))

/** The name without the ending of an audio file; another dot in it belongs to the name. */
const withoutEnding = (path: string): string =>
  ENDINGS.has(extname(path).toLowerCase()) ? path.slice(0, path.length - extname(path).length) : path

/** Which files to make: one name for one file; a folder, or a name to which endings are added, for several. */
const targetsOf = (remix: OpenRemix, { out, stems }: RenderOptions, formats: readonly ExportFormat[]): ExportTarget[] => {
  const path = resolve(out)
  const isFolder = existsSync(path) && statSync(path).isDirectory()
  const title = safeFileName(remix.session.title)
  if (stems) {
    const plan = compilePlan(remix.session.snapshot)
    if (!plan.ok) return []
    const audible = new Set(
      plan.value.tracks.filter((track) => track.kind === 'audio' && track.isAudible && track.clips.length > 0).map(({ id }) => id),
    )
    const folder = isFolder ? path : dirname(path)
    const base = isFolder ? title : basename(withoutEnding(path))
    const taken = new Set<string>()
    return formats.flatMap((format) =>
      tracksOf(remix.session.snapshot)
        .filter((track) => audible.has(track.id))
        .map((track) => {
          let name = `${base} - ${safeFileName(track.name)}`
          for (let n = 2; taken.has(name + extensionOf(format)); n++) name = `${base} - ${safeFileName(track.name)} (${n})`
          taken.add(name + extensionOf(format))
          return { format, trackId: track.id, path: join(folder, name + extensionOf(format)) }
        }),
    )
  }
  const [only] = formats
  const ending = extname(path).toLowerCase()
  if (only !== undefined && formats.length === 1 && !isFolder && ENDINGS.has(ending)) {
    if (ending !== extensionOf(only)) throw new UsageError(`-o: ${basename(path)} is no name for a file in the format ${only}.`)
    return [{ format: only, path, trackId: null }]
  }
  const base = isFolder ? join(path, title) : withoutEnding(path)
  const used = new Set<string>()
  return formats.map((format) => {
    const depth = used.has(extensionOf(format)) ? ` ${format}` : ''
    used.add(extensionOf(format))
    return { format, path: base + depth + extensionOf(format), trackId: null }
  })
}

export const loudnessLines = ({ loudness }: Pick<ExportResult, 'loudness'>): string[] => {
  const { integratedLufs, truePeakDb, rangeLu, gainDb, shortfall } = loudness
  return [
    `${integratedLufs === null ? 'too quiet to measure' : `${integratedLufs.toFixed(1)} LUFS`}, ${truePeakDb.toFixed(1)} dBTP${rangeLu === null ? '' : `, range ${rangeLu.toFixed(1)} LU`}${gainDb === 0 ? '' : `, ${gainDb > 0 ? '+' : ''}${gainDb.toFixed(1)} dB for the target`}`,
    ...(shortfall === null ? [] : [shortfall]),
  ]
}

export const renderCommand: Run<RenderOptions> = async (context, options) => {
  const formats = parseFormats(options.format, options.out)
  const { threads = Math.min(4, availableParallelism()), loudness } = options
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) throw new UsageError('--threads takes a whole number from 1 to 64.')
  if (loudness !== undefined && (loudness > -5 || loudness < -40))
    throw new UsageError('--loudness takes LUFS from -40 to -5, for example -14.')
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  studio.value.warmUp()
  return withRemix(studio.value, options.file, async (remix) => {
    const plan = remix.session.plan
    if (!plan.ok) return refused(plan.error)
    const fromFrame = options.from === undefined ? 0 : parseFrame(remix, options.from, '--from')
    const toFrame = options.to === undefined ? plan.value.lengthFrames + plan.value.tailFrames : parseFrame(remix, options.to, '--to')
    // Without --to it is the remix that ends before, or is empty: the export says so.
    if (options.to !== undefined && toFrame <= fromFrame) throw new UsageError('--to must lie after --from.')
    const targets = targetsOf(remix, options, formats)
    const exported = await studio.value.export(
      {
        snapshot: remix.session.snapshot,
        targets,
        range: options.from === undefined && options.to === undefined ? null : { fromFrame, toFrame },
        loudnessTargetLufs: loudness ?? null,
        creditsSheet: options.creditsSheet ?? false,
        threads,
      },
      {
        signal: context.signal,
        onProgress: (step, fraction, label) => {
          // Nothing is rendered after this: what the engine holds goes back before signing takes its share.
          if (step === 'stamp') studio.value.engine.dispose()
          context.progress.show(label, fraction)
        },
      },
    )
    if (!exported.ok) return refused(exported.error)
    const { value } = exported
    return done({ ok: true, ...value }, [
      ...value.files.map((file, i) => `${value.paths[i] ?? file.fileName}  ${(file.bytes / 1e6).toFixed(1)} MB  receipt ${file.receiptId}`),
      ...value.sheetPaths.map((path) => `${path}  AI credits`),
      ...(value.sheetProblem === null ? [] : [value.sheetProblem]),
      `${formatDuration(value.durationMs)}, ${loudnessLines(value).join('. ')}`,
      `Stamped: ${value.ingredients} stems, AI: ${value.ai.containsAI}. Sound ${value.pcmSha256.slice(0, 16)}…`,
    ])
  })
}
