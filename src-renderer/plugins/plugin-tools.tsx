// Above a plugin's parameters: presets, two settings to compare, and the sidechain.
import { ArrowRightLeft, Bookmark, Save, Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import type { PluginDescriptor } from '../../src-shared/plugins/index.ts'
import type { PluginPreset } from '../../src-shared/protocol/index.ts'
import { type Device, tracksOf } from '../../src-shared/remix/index.ts'
import { Button, Dialog, FieldRow, MenuButton, type MenuEntry } from '../parts/index.ts'
import { edit, loadPluginPreset, remixStore, request, toastDone, toastProblem, useRemix } from '../state/index.ts'

interface Settings {
  readonly params: Readonly<Record<string, number>>
  readonly state: string | null
  readonly stateSha256: string | null
}

/** The setting that is not heard now, by device; `isB` tells which of the two is. View state: what is heard is in the document. */
const comparisons = createStore<Readonly<Record<string, { readonly isB: boolean; readonly other: Settings | null }>>>(() => ({}))

const settingsOf = ({ params, state, plugin }: Device): Settings => ({
  params,
  state: state ?? null,
  stateSha256: plugin?.stateSha256 ?? null,
})

const settingsEdit = (deviceId: string, { params, state, stateSha256 }: Settings) => ({
  op: 'plugin.set' as const,
  deviceId,
  state,
  ...(state === null ? {} : { stateSha256 }),
  params: { ...params },
})

/** Two settings of one plugin; switching is an edit like any other. */
const Compare = ({ device }: { device: Device }) => {
  const now = useStore(comparisons, (all) => all[device.id])
  const isB = now?.isB ?? false
  const name = device.plugin?.name ?? 'plugin'
  const change = async (): Promise<void> => {
    const mine = settingsOf(device)
    const other = now?.other ?? mine
    comparisons.setState({ [device.id]: { isB: !isB, other: mine } })
    await edit([settingsEdit(device.id, other)], `Hear ${isB ? 'A' : 'B'} of ${name}`)
  }
  return (
    <span className="plugin-compare">
      <button
        type="button"
        className="chip"
        aria-label={`Compare: now ${isB ? 'B' : 'A'}`}
        title="Switch between two settings. The second begins as a copy of the first."
        onClick={() => void change()}
      >
        <b className={isB ? '' : 'is-on'}>A</b>
        <b className={isB ? 'is-on' : ''}>B</b>
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Copy ${isB ? 'B to A' : 'A to B'}`}
        title={`Copy ${isB ? 'B to A' : 'A to B'}`}
        onClick={() => {
          comparisons.setState({ [device.id]: { isB, other: settingsOf(device) } })
          toastDone(`Copied ${isB ? 'B to A' : 'A to B'}`)
        }}
      >
        <ArrowRightLeft size={13} aria-hidden />
      </button>
    </span>
  )
}

const SavePreset = ({
  device,
  onClose,
  onSaved,
}: {
  device: Device
  onClose: () => void
  onSaved: (presets: readonly PluginPreset[]) => void
}) => {
  const [name, setName] = useState('')
  const save = async (): Promise<void> => {
    const { uid } = remixStore.getState()
    if (uid === null || name.trim() === '') return
    const reply = await request('plugins.savePreset', { uid, deviceId: device.id, name })
    if (!reply.ok) {
      toastProblem(reply.error)
      return
    }
    onSaved(reply.value.presets)
    toastDone(`Saved “${name.trim()}”`)
    onClose()
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Save a preset of ${device.plugin?.name ?? 'the plugin'}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" disabled={name.trim() === ''} onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <input
        className="text-input"
        aria-label="Name of the preset"
        placeholder="Name"
        maxLength={100}
        value={name}
        autoFocus
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && void save()}
      />
      <p className="muted small">A preset of the same name is replaced.</p>
    </Dialog>
  )
}

const Presets = ({ device }: { device: Device }) => {
  const [presets, setPresets] = useState<readonly PluginPreset[]>([])
  const [isSaving, setSaving] = useState(false)
  const uid = useRemix((remix) => remix.uid)
  useEffect(() => {
    if (uid === null) return
    let isCurrent = true
    void request('plugins.presets', { uid, deviceId: device.id }).then((reply) => {
      if (isCurrent && reply.ok) setPresets(reply.value.presets)
    })
    return () => {
      isCurrent = false
    }
  }, [uid, device.id])
  const load = (preset: PluginPreset): MenuEntry => ({ label: preset.name, run: () => void loadPluginPreset(device.id, preset.id) })
  const own = presets.filter((preset) => preset.isOwn)
  const factory = presets.filter((preset) => !preset.isOwn)
  const remove = async (preset: PluginPreset): Promise<void> => {
    const reply = await request('plugins.deletePreset', { presetId: preset.id })
    if (!reply.ok) toastProblem(reply.error)
    else setPresets((before) => before.filter((one) => one.id !== preset.id))
  }
  const entries: readonly MenuEntry[] = [
    ...(own.length > 0 ? [{ heading: 'Yours' }, ...own.map(load)] : []),
    ...(factory.length > 0 ? [{ heading: 'From the plugin' }, ...factory.slice(0, 200).map(load)] : []),
    ...(presets.length === 0 ? [{ heading: 'No presets yet' }] : []),
    'separator' as const,
    { label: 'Save as preset…', icon: Save, run: () => setSaving(true) },
    ...(own.length > 0
      ? [
          {
            label: 'Delete',
            icon: Trash2,
            entries: own.map((preset) => ({ label: preset.name, isDanger: true, run: () => void remove(preset) })),
          },
        ]
      : []),
  ]
  return (
    <>
      <MenuButton entries={entries}>
        <button type="button" className="chip plugin-presets">
          <Bookmark size={12} aria-hidden />
          Presets
        </button>
      </MenuButton>
      {isSaving && <SavePreset device={device} onClose={() => setSaving(false)} onSaved={setPresets} />}
    </>
  )
}

const Sidechain = ({ device }: { device: Device }) => {
  const snapshot = useRemix((remix) => remix.snapshot)
  const sources = tracksOf(snapshot).filter((track) => track.kind !== 'master' && track.id !== device.trackId)
  return (
    <FieldRow name="Sidechain">
      <select
        className="select select-small"
        aria-label="Sidechain"
        value={device.plugin?.sidechainTrackId ?? ''}
        onChange={(event) =>
          void edit([{ op: 'plugin.set', deviceId: device.id, sidechainTrackId: event.target.value === '' ? null : event.target.value }])
        }
      >
        <option value="">None</option>
        {sources.map((track) => (
          <option key={track.id} value={track.id}>
            {track.name}
          </option>
        ))}
      </select>
    </FieldRow>
  )
}

/** Presets, A and B, sidechain. */
export const PluginTools = ({ device, descriptor }: { device: Device; descriptor: PluginDescriptor }) => (
  <>
    <div className="plugin-tools">
      <Presets device={device} />
      <Compare device={device} />
    </div>
    {descriptor.inputs.some((bus) => bus.isSidechain) && <Sidechain device={device} />}
  </>
)
