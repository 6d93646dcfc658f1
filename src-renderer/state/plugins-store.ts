// Plugins as the window knows them: what is installed, how a scan goes, how those in use fare. Descriptors are asked for once each.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { PluginDescriptor, PluginRef, PluginStatus } from '../../src-shared/plugins/index.ts'
import type { AppRequest, AppRequestName, FrozenState, PluginList, PluginScan } from '../../src-shared/protocol/index.ts'
import type { EditCommand, PluginUse } from '../../src-shared/remix/index.ts'
import type { Problem, Result } from '../../src-shared/std/index.ts'
import { request } from './bridge.ts'
import { toastDone, toastProblem } from './notices.ts'
import { edit, remixStore, takeReply } from './remix-store.ts'

export interface PluginsState {
  /** Null until it was asked for. */
  readonly list: PluginList | null
  readonly problem: Problem | null
  readonly scan: PluginScan
  /** By device. */
  readonly statuses: Readonly<Record<string, PluginStatus>>
  /** Counts up when a plugin changed its values by itself, by device. */
  readonly changes: Readonly<Record<string, number>>
  /** How frozen tracks play, by id; absent until the engine has told. */
  readonly frozen: Readonly<Record<string, FrozenState>>
  readonly freezing: { readonly trackId: string; readonly fraction: number } | null
}

const AT_REST: PluginScan = { isRunning: false, done: 0, total: 0, current: null }

export const pluginsStore = createStore<PluginsState>(() => ({
  list: null,
  problem: null,
  scan: AT_REST,
  statuses: {},
  changes: {},
  frozen: {},
  freezing: null,
}))

export const usePlugins = <T>(select: (state: PluginsState) => T): T => useStore(pluginsStore, select)

type ListRequest =
  | 'plugins.list'
  | 'plugins.scan'
  | 'plugins.rescan'
  | 'plugins.mark'
  | 'plugins.addFolder'
  | 'plugins.removeFolder'
  | 'plugins.group'

/** Sends what is answered with the whole list; a failure is shown, and by the panel where there is no list yet. */
const take = async <N extends ListRequest & AppRequestName>(name: N, payload: AppRequest<N>): Promise<boolean> => {
  const reply = (await request(name, payload)) as Result<PluginList>
  if (reply.ok) {
    if (reply.value.scannedAt !== pluginsStore.getState().list?.scannedAt) descriptors.clear()
    pluginsStore.setState({ list: reply.value, problem: null })
    return true
  }
  if (pluginsStore.getState().list === null) pluginsStore.setState({ problem: reply.error })
  else toastProblem(reply.error)
  return false
}

export const loadPlugins = (): Promise<boolean> => take('plugins.list', {})
export const rescanPlugin = (file: string): Promise<boolean> => take('plugins.rescan', { file })
export const markPlugin = ({ format, id }: PluginRef, marks: Omit<AppRequest<'plugins.mark'>, 'format' | 'id'>): Promise<boolean> =>
  take('plugins.mark', { format, id, ...marks })
export const addPluginFolder = (): Promise<boolean> => take('plugins.addFolder', {})
export const removePluginFolder = (folder: string): Promise<boolean> => take('plugins.removeFolder', { folder })
export const groupPlugins = (grouping: PluginList['grouping']): Promise<boolean> => take('plugins.group', { grouping })
export const cancelPluginScan = (): void => void request('plugins.cancelScan', {})

/** Looks for plugins; what was found so far stays if it is cancelled. */
export const scanPlugins = async (force: boolean): Promise<void> => {
  const before = pluginsStore.getState().list?.plugins.length ?? 0
  if (!(await take('plugins.scan', { force }))) return
  const { list } = pluginsStore.getState()
  if (!list) return
  const news = list.plugins.length - before
  toastDone(`${list.plugins.length} plugins`, news > 0 && before > 0 ? `${news} new` : undefined)
}

const descriptors = new Map<string, Promise<Result<PluginDescriptor>>>()

/** Everything of one plugin; asked for once. */
export const describePlugin = ({ format, id }: PluginRef): Promise<Result<PluginDescriptor>> => {
  const key = `${format}:${id}`
  const known = descriptors.get(key)
  if (known) return known
  const asked = request('plugins.describe', { format, id })
  descriptors.set(key, asked)
  void asked.then((reply) => {
    if (!reply.ok) descriptors.delete(key)
  })
  return asked
}

/** What an edit says of a plugin that is put into the remix. */
export const pluginUse = (plugin: PluginList['plugins'][number]): Extract<EditCommand, { op: 'plugin.add' }>['plugin'] => {
  const { format, id, name, vendor, version, isInstrument, isGenerative } = plugin
  return { format, id, name, vendor, version, isInstrument, isGenerative }
}

/** Whether a plugin of the remix is installed here; true while that is not known. */
export const isInstalled = (list: PluginList | null, { format, id }: Pick<PluginUse, 'format' | 'id'>): boolean =>
  list === null || list.scannedAt === null || list.plugins.some((plugin) => plugin.id === id && plugin.format === format)

/** Runs a request that ends in an edit main made, and shows it. */
const takeEdit = async (
  name: 'plugins.loadPreset' | 'plugins.freeze',
  payload: AppRequest<'plugins.loadPreset'> | AppRequest<'plugins.freeze'>,
) => {
  const reply = await request(name, payload as never)
  if (reply.ok) takeReply(reply.value, false)
  else if (reply.error.code !== 'plugins.cancelled' && !reply.error.code.endsWith('.cancelled')) toastProblem(reply.error)
  return reply
}

export const loadPluginPreset = async (deviceId: string, presetId: string): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid !== null) await takeEdit('plugins.loadPreset', { uid, deviceId, presetId })
}

/** Renders a track with its devices once; from then on that sound plays. */
export const freezeTrack = async (trackId: string): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  pluginsStore.setState({ freezing: { trackId, fraction: 0 } })
  await takeEdit('plugins.freeze', { uid, trackId })
  pluginsStore.setState({ freezing: null })
}

/** Whether a frozen track would sound otherwise, or be spared again, if it were frozen again. */
export const wantsFreezing = (state: FrozenState | undefined): boolean => state === 'outdated' || state === 'lost'

export const cancelFreeze = (): void => void request('plugins.cancelFreeze', {})
export const unfreezeTrack = (trackId: string): void => void edit([{ op: 'track.unfreeze', trackId }])

/** Tries a plugin again that crashed or would not load. */
export const reloadPlugin = async (deviceId: string): Promise<void> => {
  const reply = await request('plugins.reload', { deviceId })
  if (!reply.ok) toastProblem(reply.error)
}

/** The plugin's own words for values, in the order asked; nulls where it has none or does not run. */
export const pluginTexts = async (
  deviceId: string,
  values: readonly { readonly parameter: string; readonly value: number }[],
): Promise<{ readonly texts: readonly (string | null)[]; readonly values: Readonly<Record<string, number>> }> => {
  const reply = await request('plugins.texts', { deviceId, values: [...values] })
  return reply.ok ? reply.value : { texts: values.map(() => null), values: {} }
}

/** Between two looks at the list while a scan runs. */
const LIST_MS = 1_500
let listedAt = 0

/** Keeps the list, scans and statuses up to date. */
export const startPlugins = (): void => {
  void loadPlugins()
  window.stemma.on('plugins.scanning', (scan) => {
    const before = pluginsStore.getState().scan
    pluginsStore.setState({ scan })
    const isNews = scan.done !== before.done && Date.now() - listedAt > LIST_MS
    if ((before.isRunning && !scan.isRunning) || isNews) {
      listedAt = Date.now()
      void loadPlugins()
    }
  })
  window.stemma.on('plugins.status', ({ devices }) =>
    pluginsStore.setState({ statuses: Object.fromEntries(devices.map((status) => [status.deviceId, status])) }),
  )
  window.stemma.on('plugins.changed', ({ deviceId }) =>
    pluginsStore.setState(({ changes }) => ({ changes: { ...changes, [deviceId]: (changes[deviceId] ?? 0) + 1 } })),
  )
  window.stemma.on('plugins.crashed', ({ deviceId, name, how }) => {
    toastProblem({
      code: `plugin.${how}.${deviceId}`,
      message: `${name} ${how === 'hung' ? 'stopped answering' : 'crashed'}. The music went on without it, and it is being started again with its settings. From now on it runs in a process of its own.`,
    })
    void loadPlugins()
  })
  window.stemma.on('plugins.frozen', ({ tracks }) => pluginsStore.setState({ frozen: tracks }))
  window.stemma.on('plugins.freezing', (freezing) => {
    if (pluginsStore.getState().freezing?.trackId === freezing.trackId) pluginsStore.setState({ freezing })
  })
  remixStore.subscribe((state, before) => {
    if (state.uid !== before.uid) pluginsStore.setState({ statuses: {}, changes: {}, freezing: null })
  })
}
