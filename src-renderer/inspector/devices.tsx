// Devices of a track in signal order: switch, reorder, open, remove; the open one shows its parameters.
import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, Copy, Plus, Power, Replace, Snowflake, Trash2 } from 'lucide-react'
import { type PointerEvent, useState } from 'react'
import { useShallow } from 'zustand/react/shallow'
import {
  DEVICE_KINDS,
  DEVICE_PARAMETERS,
  type Device,
  type DeviceKind,
  type DeviceParameter,
  devicesOf,
  type Track,
  tracksOf,
} from '../../src-shared/remix/index.ts'
import { deviceTitle } from '../mixer/index.ts'
import { CardGroup, classes, IconButton, type MenuEntry, WithContextMenu } from '../parts/index.ts'
import { isPlugin, PluginEditor, usePluginState } from '../plugins/index.ts'
import {
  edit,
  freezeTrack,
  newId,
  settledSnapshot,
  unfreezeTrack,
  usePlugins,
  useRemix,
  useView,
  viewStore,
  wantsFreezing,
} from '../state/index.ts'
import type { FrozenState } from '../../src-shared/protocol/index.ts'
import { runPlainDrag } from '../timeline/index.ts'
import { EqCurve } from './eq-curve.tsx'
import { ParameterField } from './parameter-field.tsx'

const isBuiltIn = (kind: string): kind is DeviceKind => (DEVICE_KINDS as readonly string[]).includes(kind)

const EqBands = ({ device }: { device: Device }) => (
  <>
    <EqCurve device={device} />
    {[1, 2, 3, 4, 5, 6].map((n) => {
      const [type, hz, db, q] = DEVICE_PARAMETERS.eq.slice((n - 1) * 4, n * 4)
      const kind = Math.round(device.params[`band${n}Type`] ?? type?.default ?? 0)
      const hasGain = kind === 2 || kind === 3 || kind === 4
      const field = (parameter: DeviceParameter | undefined, label: string) =>
        parameter && <ParameterField device={device} parameter={parameter} label={label} />
      return (
        <fieldset key={n} className="eq-band">
          <legend className="visually-hidden">Band {n}</legend>
          {field(type, `Band ${n}`)}
          {kind !== 0 && field(hz, 'Frequency')}
          {kind !== 0 && hasGain && field(db, 'Gain')}
          {kind !== 0 && field(q, 'Q')}
        </fieldset>
      )
    })}
  </>
)

/** Place a device would take when its card is let go at a height, among the cards of its list. */
const placeAt = (list: Element, from: number, clientY: number): number => {
  const middles = [...list.children].map((card) => {
    const { top, height } = card.getBoundingClientRect()
    return top + height / 2
  })
  const gap = middles.filter((middle) => clientY > middle).length
  return gap > from ? gap - 1 : gap
}

const DeviceCard = ({
  device,
  index,
  count,
  drop,
  onDrop,
}: {
  device: Device
  index: number
  count: number
  /** The device that is dragged over the list and the place it would take. */
  drop: { readonly from: number; readonly to: number } | null
  onDrop: (drop: { readonly from: number; readonly to: number } | null) => void
}) => {
  const drag = (event: PointerEvent<HTMLElement>): void => {
    const list = event.currentTarget.closest('.device-list')
    if (event.button !== 0 || !list || count < 2) return
    runPlainDrag(event, {
      onMove: ({ clientY }) => onDrop({ from: index, to: placeAt(list, index, clientY) }),
      onEnd: (point, isEscaped) => {
        onDrop(null)
        if (!point && !isEscaped) return
        // The click that follows a drag must not open the card.
        const swallow = (click: Event): void => click.stopPropagation()
        list.addEventListener('click', swallow, { capture: true })
        setTimeout(() => list.removeEventListener('click', swallow, { capture: true }), 0)
        const to = point ? placeAt(list, index, point.clientY) : index
        if (to !== index) move(to)()
      },
    })
  }
  const isOpen = useView((view) => view.deviceId === device.id)
  const isKnown = isBuiltIn(device.kind) || isPlugin(device)
  const name = deviceTitle(device)
  const trouble = usePluginState(device)
  const remove = (): void => void edit([{ op: 'device.remove', deviceId: device.id }])
  const move = (to: number) => () => void edit([{ op: 'device.move', deviceId: device.id, index: to }])
  const Chevron = isOpen ? ChevronDown : ChevronRight
  const copyTo = (toTrackId: string) => (): void =>
    void edit([
      { op: 'device.copy', deviceId: device.id, id: newId(), toTrackId, ...(toTrackId === device.trackId ? { index: index + 1 } : {}) },
    ])
  const entries = (): readonly MenuEntry[] => [
    {
      label: device.isEnabled ? 'Bypass' : 'Switch on',
      icon: Power,
      run: () => void edit([{ op: 'device.set', deviceId: device.id, isEnabled: !device.isEnabled }]),
    },
    { label: 'Earlier in the chain', icon: ArrowUp, isDisabled: index === 0, run: move(index - 1) },
    { label: 'Later in the chain', icon: ArrowDown, isDisabled: index === count - 1, run: move(index + 1) },
    { label: 'Copy to', icon: Copy, entries: tracksOf(settledSnapshot()).map((track) => ({ label: track.name, run: copyTo(track.id) })) },
    ...(isPlugin(device)
      ? [
          {
            label: 'Replace…',
            icon: Replace,
            run: () => viewStore.setState({ picking: { trackId: device.trackId, replaces: device.id } }),
          },
        ]
      : []),
    'separator',
    { label: 'Remove', icon: Trash2, isDanger: true, run: remove },
  ]
  return (
    <WithContextMenu entries={entries}>
      <div
        data-device={device.id}
        className={classes(
          'device',
          !device.isEnabled && 'is-off',
          drop?.from === index && 'is-dragged',
          drop && drop.to === index && drop.to < drop.from && 'is-drop-before',
          drop && drop.to === index && drop.to > drop.from && 'is-drop-after',
        )}
      >
        <div className="device-head">
          <IconButton
            icon={Power}
            size={13}
            label={device.isEnabled ? `Bypass ${name}` : `Switch ${name} on`}
            isOn={device.isEnabled}
            onClick={() => void edit([{ op: 'device.set', deviceId: device.id, isEnabled: !device.isEnabled }])}
          />
          <button
            type="button"
            className="device-name"
            aria-expanded={isOpen}
            onPointerDown={drag}
            onClick={() => viewStore.setState({ deviceId: isOpen ? null : device.id })}
          >
            <span className="ellipsis">{name}</span>
            <span className={classes('device-state', trouble !== null && trouble !== 'loading' && 'tone-bad')}>
              {trouble ??
                (isKnown
                  ? device.isEnabled
                    ? isPlugin(device)
                      ? device.plugin.format.toUpperCase()
                      : 'built in'
                    : 'bypassed'
                  : 'missing')}
            </span>
            <Chevron size={13} aria-hidden />
          </button>
          <IconButton icon={Trash2} size={13} label={`Remove ${name}`} className="device-remove" onClick={remove} />
        </div>
        {isOpen && (
          <div className="device-body">
            {!isKnown && (
              <p className="muted device-note">
                This device is not installed here. Its settings are kept; switch it off to export without it.
              </p>
            )}
            {isPlugin(device) ? (
              <PluginEditor device={device} />
            ) : device.kind === 'eq' ? (
              <EqBands device={device} />
            ) : (
              isBuiltIn(device.kind) &&
              DEVICE_PARAMETERS[device.kind].map((parameter) => (
                <ParameterField key={parameter.name} device={device} parameter={parameter} />
              ))
            )}
          </div>
        )}
      </div>
    </WithContextMenu>
  )
}

const FROZEN_SENTENCES: Readonly<Record<FrozenState, string>> = {
  kept: 'Frozen: its sound is kept, its devices rest.',
  outdated: 'Frozen, but what its devices listen to has changed since.',
  elsewhere: 'Frozen on another computer: that sound plays, as a plugin is missing here.',
  lost: 'Its frozen sound is not on this computer: it plays from its clips and devices.',
}

/** How a frozen track plays, and what can be done about it. */
const FrozenNote = ({ trackId }: { trackId: string }) => {
  const state = usePlugins(({ frozen }) => frozen[trackId])
  const isFreezing = usePlugins(({ freezing }) => freezing?.trackId === trackId)
  return (
    <p className="device-frozen muted">
      <Snowflake size={13} aria-hidden />
      <span>
        {FROZEN_SENTENCES[state ?? 'kept']}{' '}
        {wantsFreezing(state) && !isFreezing && (
          <>
            <button type="button" className="link" onClick={() => void freezeTrack(trackId)}>
              Freeze again
            </button>
            {/* The dot stays with what it follows. */}
            {'\u00a0· '}
          </>
        )}
        <button type="button" className="link" onClick={() => unfreezeTrack(trackId)}>
          Unfreeze to edit
        </button>
      </span>
    </p>
  )
}

/** The devices of one track. */
export const Devices = ({ track }: { track: Track }) => {
  const devices = useRemix(useShallow((remix) => devicesOf(remix.snapshot, track.id)))
  const [drop, setDrop] = useState<{ readonly from: number; readonly to: number } | null>(null)
  return (
    <CardGroup
      title="Devices"
      isBare={devices.length > 0}
      aside={
        <IconButton
          icon={Plus}
          size={14}
          label="Add device"
          onClick={() => viewStore.setState({ picking: { trackId: track.id, replaces: null } })}
        />
      }
    >
      {track.frozen && <FrozenNote trackId={track.id} />}
      {devices.length === 0 ? (
        <p className="muted card-note">No devices: the sound passes as it is. Add one with the plus.</p>
      ) : (
        <div className={classes('device-list', track.frozen && 'is-frozen')}>
          {devices.map((device, i) => (
            <DeviceCard key={device.id} device={device} index={i} count={devices.length} drop={drop} onDrop={setDrop} />
          ))}
        </div>
      )}
    </CardGroup>
  )
}
