// One scan: which files have to be read, reading them in children of their own, two at a time, and keeping what came of it.
import { type PluginFile, stampOf } from '../../../src-engine/plugins/index.ts'
import { isInstrument, type PluginDescriptor, type PluginFormat } from '../../../src-shared/plugins/index.ts'
import type { PluginScan } from '../../../src-shared/protocol/index.ts'
import { basename } from 'node:path'
import type { ProcessHost } from '../process-host/index.ts'
import { cleanText, decodeDescriptors } from './decode-descriptors.ts'
import { type FoundPlugin, handleOf, type ScannedFile, type ScanStore } from './scan-store.ts'
import { runScanner, type ScannerOutcome } from './scanner-child.ts'

/** A plugin file that says nothing for this long is given up. */
export const SCAN_LIMIT_MS = 20_000
/** An LV2 bundle may hold two hundred plugins, all described in text that is read whole; none of their code runs. */
const PATIENCE: Readonly<Record<PluginFormat, number>> = { lv2: 3, clap: 1, vst3: 1 }
const PARALLEL = 2

export interface ScanOrder {
  /** Reads also what has not changed and what failed before. */
  readonly isForced: boolean
  readonly limitMs: number
}

export interface ScanHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (scan: PluginScan) => void
}

export interface ScanCounts {
  /** Files that were read now; the rest were known. */
  readonly read: number
  readonly known: number
  readonly isCancelled: boolean
}

export const summaryOf = (plugin: PluginDescriptor): FoundPlugin => {
  const channels = (buses: PluginDescriptor['inputs']): number => buses.reduce((sum, bus) => sum + bus.channels, 0)
  const { id, name, vendor, version, category, tags, takesNotes } = plugin
  return {
    id,
    name,
    vendor,
    version,
    category,
    tags,
    isInstrument: isInstrument(plugin),
    hasSidechain: plugin.inputs.some((bus) => bus.isSidechain),
    takesNotes,
    parameterCount: plugin.parameters.length,
    inputs: channels(plugin.inputs),
    outputs: channels(plugin.outputs),
    takesShortBlocks: plugin.takesShortBlocks ?? false,
  }
}

interface Wanted extends PluginFile {
  readonly handle: string
  readonly stamp: string
}

/** What is left to do for a file: nothing, read it, or read it with nothing else at its side. */
const needOf = (known: ScannedFile | undefined, stamp: string, isForced: boolean): 'nothing' | 'read' | 'alone' => {
  if (isForced || !known || known.stamp !== stamp) return 'read'
  // Interrupted once it may have been anything; twice it stays where it is until the user asks.
  return known.state === 'interrupted' && known.interruptions < 2 ? 'alone' : 'nothing'
}

const sentence = (
  outcome: Exclude<ScannerOutcome, { kind: 'scanned' | 'tried' | 'cancelled' }>,
  limitMs: number,
): Pick<ScannedFile, 'state' | 'reason'> => {
  switch (outcome.kind) {
    case 'failed':
      return { state: 'failed', reason: outcome.reason }
    case 'crashed':
      return { state: 'crashed', reason: `It ${outcome.isSignal ? 'crashed' : 'ended its process'} while it was read (${outcome.signal}).` }
    case 'timed out':
      return { state: 'timed out', reason: `It gave no answer within ${limitMs / 1000} seconds.` }
  }
}

export const scanFiles = async (
  { store, host }: { readonly store: ScanStore; readonly host: ProcessHost },
  files: readonly PluginFile[],
  { isForced, limitMs }: ScanOrder,
  { signal, onProgress }: ScanHooks = {},
): Promise<ScanCounts> => {
  const wanted: Wanted[] = []
  const alone: Wanted[] = []
  for (const file of files) {
    const handle = handleOf(file.format, file.path)
    let stamp: string
    try {
      stamp = stampOf(file.path)
    } catch {
      // Gone since it was found.
      continue
    }
    const need = needOf(store.file(handle), stamp, isForced)
    if (need === 'read') wanted.push({ ...file, handle, stamp })
    else if (need === 'alone') alone.push({ ...file, handle, stamp })
  }
  const total = wanted.length + alone.length
  let done = 0
  const tell = (current: string | null): void => onProgress?.({ isRunning: true, done, total, current })

  const read = async (file: Wanted): Promise<void> => {
    tell(basename(file.path))
    const limit = limitMs * PATIENCE[file.format]
    const mark = { format: file.format, path: file.path, stamp: file.stamp }
    store.begin(mark)
    const outcome = await runScanner(host, { kind: 'scan', format: file.format, path: file.path, limitMs: limit }, signal ? { signal } : {})
    if (outcome.kind !== 'cancelled') await keep(store, file, outcome, limit)
    store.end(mark)
    if (outcome.kind === 'cancelled') return
    done++
    tell(basename(file.path))
  }
  const queue = [...wanted]
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file && !signal?.aborted; file = queue.shift()) await read(file)
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  queue.push(...alone)
  await work()
  return { read: done, known: files.length - total, isCancelled: signal?.aborted ?? false }
}

const keep = async (
  store: ScanStore,
  file: Wanted,
  outcome: Exclude<ScannerOutcome, { kind: 'cancelled' }>,
  limitMs: number,
): Promise<void> => {
  const { format, path, stamp } = file
  const entry = { format, path, stamp, interruptions: 0, plugins: [], refused: [] }
  if (outcome.kind !== 'scanned') {
    const { state, reason } =
      outcome.kind === 'tried'
        ? { state: 'failed' as const, reason: 'It answered in a way that makes no sense.' }
        : sentence(outcome, limitMs)
    // Windows show the sentence, and they never see paths.
    store.put({ ...entry, state, reason: cleanText(reason.replaceAll(path, basename(path))).slice(0, 2_000) })
    return
  }
  const { plugins, refused } = decodeDescriptors(format, outcome.plugins)
  if (plugins.length > 0) await store.describe(file, plugins)
  const first = refused[0]
  store.put({
    ...entry,
    state: plugins.length === 0 && first ? 'failed' : 'ok',
    reason: plugins.length === 0 && first ? `Nothing in it can be used: ${first.reason}.` : '',
    plugins: plugins.map(summaryOf),
    refused: [...refused],
  })
}
