// Numbers of the chosen track and its sends.
import { Plus, Trash2 } from 'lucide-react'
import { useShallow } from 'zustand/react/shallow'
import { recordOf, type Send, sendsOf, type Track, tracksOf } from '../../src-shared/remix/index.ts'
import { PAN_RANGE, previewEdit, previewTrack, SEND_RANGE, TRACK_GAIN_RANGE } from '../mixer/index.ts'
import { CardGroup, FieldRow, formatDb, formatPan, IconButton, MenuButton, type MenuEntry, NumberField } from '../parts/index.ts'
import { edit, newId, settledSnapshot, useRemix } from '../state/index.ts'
import { ROLE_WORDS } from '../theme/index.ts'
import { ROLES } from '../../src-shared/remix/index.ts'

const SendRow = ({ send }: { send: Send }) => {
  const name = useRemix((remix) => recordOf(remix.snapshot, 'track', send.toTrackId)?.name ?? 'bus')
  return (
    <FieldRow name={name} title={name}>
      <span className="row-controls">
        <button
          type="button"
          className="chip"
          aria-pressed={send.isPreFader}
          title="Tap the sound before or after the fader"
          onClick={() => void edit([{ op: 'send.set', sendId: send.id, isPreFader: !send.isPreFader }])}
        >
          {send.isPreFader ? 'pre' : 'post'}
        </button>
        <NumberField
          label={`Send to ${name}`}
          value={send.gainDb}
          range={SEND_RANGE}
          format={(db) => `${formatDb(db)} dB`}
          onPreview={(gainDb) => previewEdit(gainDb === null ? null : { op: 'send.set', sendId: send.id, gainDb })}
          onCommit={(gainDb) => void edit([{ op: 'send.set', sendId: send.id, gainDb }])}
        />
        <IconButton
          icon={Trash2}
          size={13}
          label={`Remove send to ${name}`}
          onClick={() => void edit([{ op: 'send.remove', sendId: send.id }])}
        />
      </span>
    </FieldRow>
  )
}

/** Sends of a track, with a way to add one; a bus is made where there is none. */
export const Sends = ({ track }: { track: Track }) => {
  const sends = useRemix(useShallow((remix) => sendsOf(remix.snapshot, track.id)))
  if (track.kind === 'master') return null
  const entries = (): readonly MenuEntry[] => {
    const buses = tracksOf(settledSnapshot()).filter(
      (one) => one.kind === 'bus' && one.id !== track.id && !sends.some((send) => send.toTrackId === one.id),
    )
    const withNewBus = (): void => {
      const busId = newId()
      void edit(
        [
          { op: 'track.add', id: busId, kind: 'bus', name: 'Reverb bus', role: 'effects' },
          { op: 'device.add', trackId: busId, kind: 'reverb' },
          { op: 'send.add', id: newId(), fromTrackId: track.id, toTrackId: busId, gainDb: -12 },
        ],
        `Send ${track.name} to a new bus`,
      )
    }
    return [
      ...buses.map((bus) => ({
        label: bus.name,
        run: () => void edit([{ op: 'send.add', id: newId(), fromTrackId: track.id, toTrackId: bus.id, gainDb: -12 }]),
      })),
      ...(buses.length > 0 ? (['separator'] as const) : []),
      { label: 'New bus with reverb', icon: Plus, run: withNewBus },
    ]
  }
  return (
    <CardGroup
      title="Sends"
      aside={
        <MenuButton entries={entries()} align="end">
          <button type="button" className="icon-button" aria-label="Add send" title="Add send">
            <Plus size={14} aria-hidden />
          </button>
        </MenuButton>
      }
    >
      {sends.length === 0 ? (
        <p className="muted card-note">Not sent anywhere but the master.</p>
      ) : (
        sends.map((send) => <SendRow key={send.id} send={send} />)
      )}
    </CardGroup>
  )
}

/** The inspector's card for a track. */
export const TrackCard = ({ track }: { track: Track }) => (
  <CardGroup title={track.kind === 'master' ? 'Master' : `${track.kind === 'bus' ? 'Bus' : 'Track'} · ${track.name}`}>
    <FieldRow name="Level">
      <NumberField
        label="Level"
        value={track.gainDb}
        range={TRACK_GAIN_RANGE}
        format={(db) => `${formatDb(db)} dB`}
        onPreview={(gainDb) => previewTrack(track.id, gainDb === null ? null : { gainDb })}
        onCommit={(gainDb) => void edit([{ op: 'track.set', trackId: track.id, gainDb }])}
      />
    </FieldRow>
    <FieldRow name="Pan">
      <NumberField
        label="Pan"
        value={track.pan}
        range={PAN_RANGE}
        format={formatPan}
        onPreview={(pan) => previewTrack(track.id, pan === null ? null : { pan })}
        onCommit={(pan) => void edit([{ op: 'track.set', trackId: track.id, pan }])}
      />
    </FieldRow>
    {track.kind !== 'master' && (
      <FieldRow name="Role">
        <select
          className="select select-small"
          aria-label="Role"
          value={track.role}
          onChange={(event) =>
            void edit([{ op: 'track.set', trackId: track.id, role: ROLES.find((role) => role === event.target.value) ?? 'other' }])
          }
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {ROLE_WORDS[role]}
            </option>
          ))}
        </select>
      </FieldRow>
    )}
  </CardGroup>
)
