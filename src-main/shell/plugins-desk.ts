// Plugins in the window: what is installed, scanning, and what a plugin in use says of itself. Presets and freezing end in ordinary edits.
import { type BrowserWindow, dialog } from 'electron'
import type { AppReplies, EditReply, EngineClient, pluginRequestSchemas, PluginPreset } from '../../src-shared/protocol/index.ts'
import type { PluginRef } from '../../src-shared/plugins/index.ts'
import { type EditCommand, type PluginUse, recordOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { Studio } from '../studio/index.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { RemixDesk } from './remix-desk.ts'

export type PluginHandlers = Pick<RequestHandlers, keyof typeof pluginRequestSchemas>

/** Own presets and those of the plugin share one list; the first kind is told by this. */
const OWN = 'own:'

export class PluginsDesk {
  readonly #studio: Studio
  readonly #remixes: RemixDesk
  readonly #send: SendEvent
  #freezing: AbortController | undefined

  constructor({ studio, remixes, send }: { readonly studio: Studio; readonly remixes: RemixDesk; readonly send: SendEvent }) {
    this.#studio = studio
    this.#remixes = remixes
    this.#send = send
    studio.plugins.onScan((scan) => send('plugins.scanning', scan))
    studio.plugins.onChange(() => {
      const reply = remixes.reassess()
      if (reply && remixes.open) send('remix.changed', { uid: remixes.open.session.uid, reply })
    })
    studio.engine.onStarted(({ client }) => {
      client.on('plugins.status', (status) => send('plugins.status', status))
      client.on('plugins.frozen', (frozen) => send('plugins.frozen', frozen))
      client.on('plugins.changed', ({ deviceId }) => send('plugins.changed', { deviceId }))
      client.on('plugins.crashed', ({ deviceId, name, how }) => send('plugins.crashed', { deviceId, name, how }))
    })
    studio.engine.onLost(() => send('plugins.status', { devices: [] }))
  }

  get studio(): Studio {
    return this.#studio
  }

  list(): AppReplies['plugins.list'] {
    return this.#studio.plugins.list()
  }

  /** Ends what a window that closes would wait for. */
  stop(): void {
    this.#studio.plugins.cancelScan()
    this.#freezing?.abort()
  }

  async scan(force: boolean): Promise<Result<AppReplies['plugins.scan']>> {
    const scanned = await this.#studio.plugins.scan({ isForced: force })
    return scanned.ok ? ok(this.list()) : scanned
  }

  /** Which plugin a device of the open remix is. */
  #pluginOf(uid: string, deviceId: string): Result<PluginUse> {
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    const plugin = recordOf(remix.value.session.snapshot, 'device', deviceId)?.plugin
    return plugin ? ok(plugin) : fail('edit.no_such_device', 'This plugin is not in the remix any more.')
  }

  async #presetsOf(ref: PluginRef): Promise<readonly PluginPreset[]> {
    const descriptor = this.#studio.plugins.descriptor(ref)
    const own = await this.#studio.plugins.presets.list(ref)
    return [
      ...own.map(({ id, name }) => ({ id: `${OWN}${id}`, name, isOwn: true })),
      ...(descriptor.ok ? descriptor.value.presets.map(({ id, name }) => ({ id, name, isOwn: false })) : []),
    ]
  }

  async presets(uid: string, deviceId: string): Promise<Result<AppReplies['plugins.presets']>> {
    const plugin = this.#pluginOf(uid, deviceId)
    return plugin.ok ? ok({ presets: await this.#presetsOf(plugin.value) }) : plugin
  }

  async loadPreset(uid: string, deviceId: string, presetId: string): Promise<Result<EditReply>> {
    const plugin = this.#pluginOf(uid, deviceId)
    if (!plugin.ok) return plugin
    const settings = presetId.startsWith(OWN)
      ? await this.#studio.plugins.presets.find(presetId.slice(OWN.length))
      : await this.#ask((engine) => engine.request('plugins.loadPreset', { deviceId, presetId }))
    if (!settings.ok) return settings
    const { state, stateSha256, params } = settings.value
    const known = await this.#presetsOf(plugin.value)
    const name = known.find(({ id }) => id === presetId)?.name
    return this.#edit(
      uid,
      { op: 'plugin.set', deviceId, state, ...(state === null ? {} : { stateSha256 }), params: { ...params } },
      `Load ${name === undefined ? 'a preset' : `“${name}”`} into ${plugin.value.name}`,
    )
  }

  async savePreset(uid: string, deviceId: string, name: string): Promise<Result<AppReplies['plugins.savePreset']>> {
    const plugin = this.#pluginOf(uid, deviceId)
    if (!plugin.ok) return plugin
    const now = await this.#ask((engine) => engine.request('plugins.captureState', { deviceId }))
    if (!now.ok) return now
    const { format, id, vendor, version } = plugin.value
    const { state, params } = now.value
    const saved = await this.#studio.plugins.presets.save({
      name,
      plugin: { format, id, name: plugin.value.name, vendor, version },
      params: { ...params },
      state,
    })
    return saved.ok ? ok({ presets: await this.#presetsOf(plugin.value) }) : saved
  }

  async freeze(uid: string, trackId: string): Promise<Result<EditReply>> {
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    this.#freezing?.abort()
    const freezing = new AbortController()
    this.#freezing = freezing
    const frozen = await this.#studio.freeze(remix.value.session, trackId, {
      signal: freezing.signal,
      onProgress: ({ fraction }) => this.#send('plugins.freezing', { trackId, fraction }),
    })
    if (!frozen.ok) return frozen
    const track = recordOf(remix.value.session.snapshot, 'track', trackId)
    return this.#remixes.edit(uid, [...frozen.value], track?.frozen ? `Freeze ${track.name} again` : null)
  }

  cancelFreeze(): void {
    this.#freezing?.abort()
  }

  /** Asks the engine, which is started where it does not run. */
  async #ask<T>(ask: (engine: EngineClient) => Promise<Result<T>>): Promise<Result<T>> {
    const engine = await this.#studio.engine.client()
    return engine.ok ? ask(engine.value) : engine
  }

  texts(
    deviceId: string,
    values: readonly { readonly parameter: string; readonly value: number }[],
  ): Promise<Result<AppReplies['plugins.texts']>> {
    return this.#ask((engine) => engine.request('plugins.texts', { deviceId, values: [...values] }))
  }

  reload(deviceId: string): Promise<Result<null>> {
    return this.#ask((engine) => engine.request('plugins.reload', { deviceId }))
  }

  #edit(uid: string, command: EditCommand, label: string | null): Result<EditReply> {
    return this.#remixes.edit(uid, [command], label)
  }
}

type Ready = <T>(work: (desk: PluginsDesk) => Result<T> | Promise<Result<T>>) => Promise<Result<T>>

export const pluginHandlers = (ready: Ready, window: BrowserWindow): PluginHandlers => {
  /** Does it, and answers with the list as it then is. */
  const listed = (work: (desk: PluginsDesk) => Promise<Result<unknown>>): Promise<Result<AppReplies['plugins.list']>> =>
    ready(async (desk) => {
      const done = await work(desk)
      return done.ok ? ok(desk.list()) : done
    })
  return {
    'plugins.list': () => ready((desk) => ok(desk.list())),
    'plugins.describe': (ref) => ready(({ studio }) => studio.plugins.descriptor(ref)),
    'plugins.scan': ({ force }) => ready((desk) => desk.scan(force)),
    'plugins.cancelScan': () =>
      ready(({ studio }) => {
        studio.plugins.cancelScan()
        return ok(null)
      }),
    'plugins.rescan': ({ file }) => listed(({ studio }) => studio.plugins.rescan(file)),
    'plugins.mark': ({ format, id, ...marks }) => listed(({ studio }) => studio.plugins.mark({ format, id }, marks)),
    'plugins.addFolder': () =>
      listed(async ({ studio }) => {
        const chosen = await dialog.showOpenDialog(window, { title: 'Add a folder of plugins', properties: ['openDirectory'] })
        const [folder] = chosen.filePaths
        if (chosen.canceled || folder === undefined) return ok(null)
        const added = await studio.plugins.addFolder(folder)
        return added.ok ? studio.plugins.scan() : added
      }),
    'plugins.removeFolder': ({ folder }) =>
      listed(async ({ studio }) => {
        const removed = await studio.plugins.removeFolder(folder)
        return removed.ok ? studio.plugins.scan() : removed
      }),
    'plugins.group': ({ grouping }) => listed(({ studio }) => studio.plugins.group(grouping)),
    'plugins.texts': ({ deviceId, values }) => ready((desk) => desk.texts(deviceId, values)),
    'plugins.presets': ({ uid, deviceId }) => ready((desk) => desk.presets(uid, deviceId)),
    'plugins.loadPreset': ({ uid, deviceId, presetId }) => ready((desk) => desk.loadPreset(uid, deviceId, presetId)),
    'plugins.savePreset': ({ uid, deviceId, name }) => ready((desk) => desk.savePreset(uid, deviceId, name)),
    'plugins.deletePreset': ({ presetId }) => ready(({ studio }) => studio.plugins.presets.remove(presetId.replace(OWN, ''))),
    'plugins.reload': ({ deviceId }) => ready((desk) => desk.reload(deviceId)),
    'plugins.freeze': ({ uid, trackId }) => ready((desk) => desk.freeze(uid, trackId)),
    'plugins.cancelFreeze': () =>
      ready((desk) => {
        desk.cancelFreeze()
        return ok(null)
      }),
  }
}
