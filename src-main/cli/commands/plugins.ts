// `stemma plugins`: what is installed, what it is, and whether it can be relied on. Nothing is loaded here; children of their own do that.
import { resolve } from 'node:path'
import {
  PLUGIN_CATEGORIES,
  PLUGIN_FORMATS,
  type PluginDescriptor,
  type PluginFormat,
  type PluginRef,
} from '../../../src-shared/plugins/index.ts'
import type { PluginSummary } from '../../../src-shared/protocol/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { knownTrouble, type Plugins, type TrialReport } from '../../studio/index.ts'
import { type CommandContext, type Run, UsageError } from '../command.ts'
import { done, finding, refused, table } from '../output.ts'

const formatOf = (text: string | undefined): PluginFormat | undefined => {
  if (text === undefined) return undefined
  const format = PLUGIN_FORMATS.find((one) => one === text.toLowerCase())
  if (!format) throw new UsageError(`Write --format as one of ${PLUGIN_FORMATS.join(', ')}; “${text}” is none.`)
  return format
}

const categoryOf = (text: string | undefined): PluginDescriptor['category'] | undefined => {
  if (text === undefined) return undefined
  const category = PLUGIN_CATEGORIES.find((one) => one === text.toLowerCase())
  if (!category) throw new UsageError(`Write --category as one of ${PLUGIN_CATEGORIES.join(', ')}; “${text}” is none.`)
  return category
}

const showScan = ({ progress }: CommandContext) => ({
  onProgress: ({ current, done: read, total }: { readonly current: string | null; readonly done: number; readonly total: number }) =>
    progress.show(`Reading ${current ?? 'plugins'}`, total === 0 ? 1 : read / total),
})

export interface PluginsScanOptions {
  readonly force?: boolean
  readonly path?: readonly string[]
  readonly forget?: readonly string[]
}

export const pluginsScanCommand: Run<PluginsScanOptions> = async (context, { force = false, path = [], forget = [] }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const { plugins } = studio.value
  for (const folder of path) {
    const added = await plugins.addFolder(resolve(folder))
    if (!added.ok) return refused(added.error)
  }
  for (const folder of forget) {
    const removed = await plugins.removeFolder(resolve(folder))
    if (!removed.ok) return refused(removed.error)
  }
  const scanned = await plugins.scan({ isForced: force }, { signal: context.signal, ...showScan(context) })
  if (!scanned.ok) return refused(scanned.error)
  const { plugins: found, failures, folders } = plugins.list()
  const { read, known, isCancelled } = scanned.value
  const report = isCancelled ? finding : done
  return report({ ok: !isCancelled, read, known, isCancelled, plugins: found.length, failures, folders: folders.map(({ name }) => name) }, [
    ...(isCancelled ? ['The scan was cancelled; what was read so far is kept.'] : []),
    ...table(PLUGIN_FORMATS.map((format) => [format.toUpperCase(), found.filter((one) => one.format === format).length, 'plugins'])),
    `${read} files read, ${known} known and unchanged.`,
    ...(failures.length === 0 ? [] : ['', 'Held back:']),
    ...table(failures.map(({ format, name, state, reason }) => [`  ${format}`, name, state, reason])),
  ])
}

export interface PluginsListOptions {
  readonly query: string
  readonly format?: string
  readonly category?: string
  readonly vendor?: string
  readonly favourites?: boolean
  readonly failed?: boolean
}

const NOT_SCANNED = 'No plugin is known yet. Look for them first: stemma plugins scan'

const markWords = ({ isFavourite, isGenerative, isIsolated }: PluginSummary): string =>
  [isFavourite ? 'favourite' : '', isGenerative ? 'AI' : '', isIsolated ? 'alone' : ''].filter(Boolean).join(', ')

export const pluginsListCommand: Run<PluginsListOptions> = async (context, { query, vendor, favourites, failed, ...options }) => {
  const format = formatOf(options.format)
  const category = categoryOf(options.category)
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const { plugins, failures, scannedAt } = studio.value.plugins.list({
    query,
    ...(format ? { format } : {}),
    ...(category ? { category } : {}),
    ...(vendor === undefined ? {} : { vendor }),
    ...(favourites ? { isFavourite: true } : {}),
  })
  if (failed)
    return done(
      { ok: true, failures, scannedAt },
      failures.length === 0 ? ['Nothing is held back.'] : table(failures.map((one) => [one.format, one.name, one.state, one.reason])),
    )
  return done(
    { ok: true, plugins, failures, scannedAt },
    plugins.length === 0
      ? [scannedAt === null ? NOT_SCANNED : 'No plugin fits.']
      : [
          ...table(plugins.map((one) => [one.format, one.name, one.vendor, one.category, one.id, markWords(one)])),
          `${plugins.length} plugins${failures.length === 0 ? '' : `; ${failures.length} held back, see --failed`}.`,
        ],
  )
}

const buses = (list: PluginDescriptor['inputs']): string =>
  list.map(({ name, channels, isSidechain }) => `${name || 'audio'} ${channels}${isSidechain ? ' (sidechain)' : ''}`).join(', ') || 'none'

const rangeOf = ({ min, max, default: value, unit, choices }: PluginDescriptor['parameters'][number]): string =>
  choices.length > 0 && choices.length <= 8
    ? `${choices.map(({ label }) => label).join(', ')}; usually ${choices.find((one) => one.value === value)?.label ?? value}`
    : `${min} to ${max}${unit ? ` ${unit}` : ''}, usually ${value}`

export const pluginsInfoCommand: Run<{ readonly id: string }> = async (context, { id }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const { plugins } = studio.value
  const found = plugins.resolve(id)
  if (!found.ok) return refused(found.error)
  const place = plugins.find(found.value)
  if (!place.ok) return refused(place.error)
  const descriptor = plugins.descriptor(found.value)
  if (!descriptor.ok) return refused(descriptor.error)
  const { name, vendor, version, format, category, tags, inputs, outputs, takesNotes, parameters, presets } = descriptor.value
  const own = await plugins.presets.list(found.value)
  const others = plugins.copies(found.value)
  const shown = parameters.filter((one) => !one.isHidden)
  return done(
    {
      ok: true,
      plugin: descriptor.value,
      marks: { ...found.value },
      path: place.value.path,
      copies: others,
      environment: place.value.environment,
      ownPresets: own.map(({ id: preset, name: title, createdAt }) => ({ id: preset, name: title, createdAt })),
    },
    [
      `${name}${version ? ` ${version}` : ''}${vendor ? `, ${vendor}` : ''}`,
      ...table([
        ['id', `${format}:${descriptor.value.id}`],
        ['file', place.value.path],
        ...others.map((path) => ['also in', path]),
        ['is', [category, ...tags].join(', ')],
        ['inputs', `${buses(inputs)}${takesNotes ? '; notes' : ''}`],
        ['outputs', buses(outputs)],
        ...(markWords(found.value) ? [['marks', markWords(found.value)]] : []),
        ...(presets.length + own.length > 0 ? [['presets', `${presets.length} of the plugin, ${own.length} of yours`]] : []),
      ]),
      ...(shown.length > 0 ? ['', 'Parameters:'] : []),
      ...table(
        shown.map((one) => [`  ${one.id}`, one.group ? `${one.group}/${one.name}` : one.name, one.isOutput ? 'shown' : '', rangeOf(one)]),
      ),
    ],
  )
}

export interface PluginsTestOptions {
  readonly ids: readonly string[]
  readonly all?: boolean
  readonly format?: string
}

interface Tried {
  readonly plugin: PluginSummary
  readonly report: TrialReport
  readonly path: string
}

const PARALLEL = 2

/** Tries plugins out, two at a time; those that were not reached when it is cancelled are left out. */
const tryAll = async (context: CommandContext, plugins: Plugins, wanted: readonly PluginSummary[]): Promise<Result<readonly Tried[]>> => {
  const tried: (Tried | undefined)[] = []
  let next = 0
  let finished = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < wanted.length && !context.signal.aborted; i = next++) {
      const plugin = wanted[i] as PluginSummary
      context.progress.show(`Trying ${plugin.name}`, finished / wanted.length)
      const place = plugins.find(plugin)
      const report = await plugins.test(plugin, { signal: context.signal })
      if (report.ok && place.ok) tried[i] = { plugin, report: report.value, path: place.value.path }
      finished++
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return { ok: true, value: tried.filter((one) => one !== undefined) }
}

const verdict = ({ plugin, report }: Tried): string => {
  if (report.isFine) return report.notes.join('; ')
  const trouble = knownTrouble(plugin)
  return [...report.failures, ...(trouble ? [`known: ${trouble}`] : [])].join('; ')
}

const row = (tried: Tried): (string | number)[] => {
  const { plugin, report } = tried
  const { trial } = report
  return [
    report.isFine ? 'ok' : 'FAILS',
    plugin.format,
    plugin.name,
    trial ? `${(trial.cpuPermille / 10).toFixed(1)} %` : '',
    trial && trial.latency.reported > 0 ? `${trial.latency.reported} frames` : '',
    verdict(tried),
  ]
}

export const pluginsTestCommand: Run<PluginsTestOptions> = async (context, { ids, all = false, ...options }) => {
  const format = formatOf(options.format)
  if (!all && ids.length === 0) throw new UsageError('Say which plugins to try, by id or name, or --all.')
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const { plugins } = studio.value
  if (plugins.list().scannedAt === null) {
    const scanned = await plugins.scan({}, { signal: context.signal, ...showScan(context) })
    if (!scanned.ok) return refused(scanned.error)
  }
  const wanted: PluginSummary[] = []
  for (const id of ids) {
    const found = plugins.resolve(id)
    if (!found.ok) return refused(found.error)
    wanted.push(found.value)
  }
  if (all) wanted.push(...plugins.list(format ? { format } : {}).plugins)
  const tried = await tryAll(context, plugins, wanted)
  if (!tried.ok) return refused(tried.error)
  const failures = all ? plugins.failures().filter((one) => !format || one.format === format) : []
  const bad = tried.value.filter(({ report }) => !report.isFine)
  const known = bad.filter(({ plugin }: { readonly plugin: PluginRef }) => knownTrouble(plugin) !== undefined)
  const isCancelled = context.signal.aborted
  const isFine = !isCancelled && bad.length === known.length
  const report = isFine ? done : finding
  return report(
    {
      ok: isFine,
      isCancelled,
      tried: tried.value.length,
      fine: tried.value.length - bad.length,
      failed: bad.length,
      known: known.length,
      plugins: tried.value.map(({ plugin, report: { isFine: fine, failures: why, notes, trial }, path }) => ({
        format: plugin.format,
        id: plugin.id,
        name: plugin.name,
        vendor: plugin.vendor,
        category: plugin.category,
        path,
        isFine: fine,
        failures: why,
        notes,
        known: fine ? null : (knownTrouble(plugin) ?? null),
        trial,
      })),
      unread: failures,
    },
    [
      ...table(tried.value.map(row)),
      ...table(failures.map((one) => ['unread', one.format, one.name, one.reason])),
      `${tried.value.length - bad.length} of ${tried.value.length} can be relied on${known.length > 0 ? `; ${known.length} are known to fail` : ''}.`,
      ...(isCancelled ? ['It was cancelled before all were tried.'] : []),
    ],
  )
}
