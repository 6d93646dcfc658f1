// The sheet that re-voices a stem: finds its notes with progress and a way out, lets them be corrected, chooses who plays them.
import { Minus, Play, Plus, Redo2, Square, Trash2, TriangleAlert, Undo2, Wand2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { INSTRUMENT_FAMILIES, INSTRUMENT_PARAMETERS, INSTRUMENTS } from '../../src-shared/music/index.ts'
import { recordOf, remixOf } from '../../src-shared/remix/index.ts'
import { Badge, Button, Dialog, FieldRow, IconButton, Keys, NumberField, ProgressBar, Segmented } from '../parts/index.ts'
import { cancelListening, useListening, useRemix } from '../state/index.ts'
import { gridFrames, moveNotes } from './note-edits.ts'
import { PianoRoll } from './piano-roll.tsx'
import { followNotes, setAlone, toggleNotes, useNotesListening } from './revoice-audition.ts'
import type { RollView } from './roll-playhead.ts'
import {
  applyRevoice,
  closeRevoice,
  concernedClips,
  findNotes,
  redoNotes,
  reharmonise,
  revoiceStore,
  setForAll,
  setInstrument,
  setInstrumentParam,
  setNotes,
  startEmpty,
  undoNotes,
  useRevoice,
} from './revoice-store.ts'
import { deleteNotes } from './note-edits.ts'
import './pianoroll.css'

const FAMILY_WORDS: Readonly<Record<(typeof INSTRUMENT_FAMILIES)[number], string>> = {
  keys: 'Keys',
  bass: 'Bass',
  pad: 'Pads',
  lead: 'Leads',
  mallet: 'Bells and drums',
}
const TONICS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const
const SCALES = ['major', 'minor', 'dorian', 'mixolydian', 'harmonic minor', 'minor pentatonic'] as const

const Ask = () => {
  const title = useRevoice((state) => state.title)
  return (
    <div className="revoice-ask">
      <Wand2 size={26} strokeWidth={1.4} aria-hidden />
      <p>
        A trained model listens to <b>{title}</b> on this computer and writes down its notes. You can correct them, then another instrument
        plays them.
      </p>
      <p className="muted">
        <Badge tone="info">AI</Badge> The export will say that notes were found by a model. Notes you write yourself from nothing carry no
        such credit.
      </p>
      <div className="revoice-buttons">
        <Button tone="primary" icon={Wand2} onClick={() => void findNotes()}>
          Find the notes
        </Button>
        <Button onClick={startEmpty}>Write them myself</Button>
      </div>
    </div>
  )
}

const Finding = () => {
  const running = useListening((state) => state.running)
  return (
    <div className="revoice-ask" role="status">
      <p>{running?.label ?? 'Finding the notes'}</p>
      <ProgressBar fraction={running?.fraction ?? null} label="Finding the notes" />
      <Button onClick={cancelListening}>Cancel</Button>
    </div>
  )
}

const Tools = ({ view, onView }: { view: RollView; onView: (view: RollView) => void }) => {
  const notes = useRevoice((state) => state.notes)
  const chosen = useRevoice((state) => state.chosen)
  const canUndo = useRevoice((state) => state.past.length > 0)
  const canRedo = useRevoice((state) => state.future.length > 0)
  const key = useRemix((remix) => remixOf(remix.snapshot).key)
  const [tonic, mode] = [key?.split(' ')[0] ?? 'C', key?.split(' ')[1] ?? 'minor']
  const [wanted, setWanted] = useState({ tonic, mode })
  const all = new Set(notes.keys())
  const shift = (by: number) => () => setNotes(moveNotes(notes, chosen.size > 0 ? chosen : all, 0, by))
  return (
    <div className="roll-tools">
      <span className="muted roll-count">
        {notes.length} notes{chosen.size > 0 ? `, ${chosen.size} chosen` : ''}
      </span>
      <IconButton icon={Undo2} label="Undo in the notes" keys="Mod+Z" disabled={!canUndo} onClick={undoNotes} />
      <IconButton icon={Redo2} label="Redo in the notes" keys="Mod+Shift+Z" disabled={!canRedo} onClick={redoNotes} />
      <IconButton
        icon={Trash2}
        label="Delete the chosen notes"
        keys="Delete"
        disabled={chosen.size === 0}
        onClick={() => setNotes(deleteNotes(notes, chosen), new Set())}
      />
      <Button className="roll-small" onClick={shift(-12)} title="Chosen notes, or all, an octave down">
        Octave −
      </Button>
      <Button className="roll-small" onClick={shift(12)} title="Chosen notes, or all, an octave up">
        Octave +
      </Button>
      <span className="spacer" />
      <select
        className="music-select"
        aria-label="Tonic to move the notes to"
        value={wanted.tonic}
        onChange={(event) => setWanted({ ...wanted, tonic: event.target.value })}
      >
        {[...new Set([wanted.tonic, ...TONICS])].map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <select
        className="music-select"
        aria-label="Scale to move the notes to"
        value={wanted.mode}
        onChange={(event) => setWanted({ ...wanted, mode: event.target.value })}
      >
        {SCALES.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <Button className="roll-small" onClick={() => reharmonise(`${wanted.tonic} ${wanted.mode}`)} title="Moves every note into this scale">
        Re-harmonise
      </Button>
      <IconButton
        icon={Minus}
        label="Zoom out"
        keys="-"
        onClick={() => onView({ ...view, framesPerPixel: Math.min(40_000, view.framesPerPixel * 1.5) })}
      />
      <IconButton
        icon={Plus}
        label="Zoom in"
        keys="+"
        onClick={() => onView({ ...view, framesPerPixel: Math.max(20, view.framesPerPixel / 1.5) })}
      />
    </div>
  )
}

/** Space listens wherever the focus rests, unless what has it needs Space itself. */
const useSpace = (): void =>
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== ' ' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const { target } = event
      if (!(target instanceof HTMLElement) || target.matches('input, select, textarea')) return
      if (target.matches('button, [role="radio"], [role="spinbutton"]') && target.matches(':focus-visible')) return
      event.preventDefault()
      toggleNotes()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

/** Play and stop, and who else sounds. */
const Listen = () => {
  useSpace()
  const isOn = useNotesListening((state) => state.isOn)
  const isStarting = useNotesListening((state) => state.isStarting)
  const isAlone = useNotesListening((state) => state.isAlone)
  const hasNotes = useRevoice((state) => state.notes.length > 0)
  return (
    <div className="roll-listen">
      <Button
        icon={isOn ? Square : Play}
        className={isOn ? 'is-playing' : ''}
        aria-pressed={isOn}
        disabled={!hasNotes}
        onClick={toggleNotes}
        title="Plays the notes as they are shown; the remix stays as it is"
      >
        {isOn ? (isStarting ? 'Starting…' : 'Stop') : 'Listen'}
      </Button>
      <Keys keys="Space" />
      <Segmented
        label="Listen to"
        value={isAlone ? 'alone' : 'others'}
        options={[
          { value: 'others', label: 'With the others' },
          { value: 'alone', label: 'Alone' },
        ]}
        onChange={(value) => setAlone(value === 'alone')}
      />
    </div>
  )
}

const Unheard = () => {
  const problem = useNotesListening((state) => state.problem)
  return problem ? (
    <p className="roll-problem" role="alert">
      <TriangleAlert size={14} aria-hidden />
      <span className="selectable">{problem.message}</span>
    </p>
  ) : null
}

const Ready = () => {
  const notes = useRevoice((state) => state.notes)
  const milliBpm = useRevoice((state) => state.milliBpm)
  const instrument = useRevoice((state) => state.instrument)
  const params = useRevoice((state) => state.params)
  const model = useRevoice((state) => state.model)
  const modelName = useRevoice((state) => state.modelName)
  const isForAll = useRevoice((state) => state.isForAll)
  const stemId = useRevoice((state) => state.stemId)
  const role = useRemix((remix) => recordOf(remix.snapshot, 'stem', stemId)?.role ?? 'other')
  const clips = concernedClips({ ...revoiceStore.getState(), isForAll: true }).length
  const first = Math.min(...notes.map((note) => note.startFrame))
  const bar = gridFrames(milliBpm) * 16
  // Four bars from where the first note begins.
  const [view, setView] = useState<RollView>(() => ({
    fromFrame: Number.isFinite(first) ? Math.floor(first / bar) * bar : 0,
    framesPerPixel: (bar * 4) / 700,
  }))
  return (
    <div className="revoice">
      <Tools view={view} onView={setView} />
      <PianoRoll color={`--${role}`} view={view} onView={setView} />
      <Unheard />
      <p className="muted small">
        Drag notes, their right edge for length; double-click adds; the keys at the left sound. Arrow keys move, Shift for length and
        octave, Ctrl or Alt goes off the grid. Click the bars to listen from there.{' '}
        {model === null ? 'Written by hand: no AI credit.' : `Found by ${modelName ?? 'a transcription model'}: the export names it as AI.`}
      </p>
      <div className="revoice-sound">
        <div className="card">
          <FieldRow name="Instrument">
            <select
              className="select select-small"
              aria-label="Instrument"
              value={instrument}
              onChange={(event) => setInstrument(event.target.value)}
            >
              {INSTRUMENT_FAMILIES.map((family) => (
                <optgroup key={family} label={FAMILY_WORDS[family]}>
                  {INSTRUMENTS.filter((one) => one.family === family).map((one) => (
                    <option key={one.name} value={one.name}>
                      {one.label}, {one.kind}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          </FieldRow>
          {clips > 1 && (
            <FieldRow name="For">
              <Segmented
                label="For"
                value={isForAll ? 'all' : 'one'}
                options={[
                  { value: 'all', label: `All ${clips} clips` },
                  { value: 'one', label: 'This clip' },
                ]}
                onChange={(value) => setForAll(value === 'all')}
              />
            </FieldRow>
          )}
        </div>
        <div className="card revoice-params">
          {INSTRUMENT_PARAMETERS.map(({ name, label, min, max, default: standard, unit }) => (
            <FieldRow key={name} name={label}>
              <NumberField
                label={label}
                value={params[name] ?? standard}
                range={{
                  min,
                  max,
                  default: standard,
                  scale: name === 'transpose' ? 'step' : 'linear',
                  step: name === 'transpose' ? 1 : (max - min) / 50,
                }}
                format={(value) => `${name === 'transpose' ? Math.round(value) : value.toFixed(2)}${unit === '' ? '' : ` ${unit}`}`}
                onCommit={(value) => setInstrumentParam(name, Math.round(value * 100) / 100)}
              />
            </FieldRow>
          ))}
        </div>
      </div>
    </div>
  )
}

/** The sheet; mounted once. */
export const RevoiceSheet = () => {
  const clipId = useRevoice((state) => state.clipId)
  const title = useRevoice((state) => state.title)
  const phase = useRevoice((state) => state.phase)
  const problem = useRevoice((state) => state.problem)
  const soundId = useRevoice((state) => state.soundId)
  const hasNotes = useRevoice((state) => state.notes.length > 0)
  const uid = useRemix((remix) => remix.uid)
  useEffect(followNotes, [])
  useEffect(() => {
    // The notes belong to the remix that was open.
    if (uid === null) closeRevoice()
  }, [uid])
  return (
    <Dialog
      isOpen={clipId !== null}
      onClose={closeRevoice}
      size="wide"
      title={soundId === null ? `Re-voice ${title}` : `Notes of ${title}`}
      footer={
        phase === 'ready' && (
          <>
            <Listen />
            <span className="roll-spacer" />
            <Button tone="quiet" onClick={closeRevoice}>
              Leave it
            </Button>
            <Button tone="primary" disabled={!hasNotes} onClick={() => void applyRevoice()}>
              Use these notes
            </Button>
          </>
        )
      }
    >
      {phase === 'ask' && <Ask />}
      {phase === 'finding' && <Finding />}
      {phase === 'failed' && (
        <div className="revoice-ask" role="alert">
          <p className="selectable">{problem?.message}</p>
          <div className="revoice-buttons">
            <Button onClick={startEmpty}>Write the notes myself</Button>
            {problem?.code !== 'notes.none' && <Button onClick={() => void findNotes()}>Try again</Button>}
          </div>
        </div>
      )}
      {phase === 'ready' && <Ready />}
    </Dialog>
  )
}
