// Notes and words: stems played anew from their notes, in another key where asked; and voices cut between their phrases.
import { harmonise, type PitchSet, readChord, readKey } from '../../src-shared/music/index.ts'
import { type Make, remixOf, type StemRecord } from '../../src-shared/remix/index.ts'
import { fail } from '../../src-shared/std/index.ts'
import { hasGrid, phrasesOf, type Piece, recut } from './cuts.ts'
import { isVoice, type Lane, namesOf } from './lanes.ts'
import { INSTRUMENTS_BY_NAME } from './kits.ts'
import type { Stage } from './stage.ts'
import { choice, num, type Style, text, toggle } from './style.ts'
import { beatMs, echo } from './sound/index.ts'

/** Chords in order, one per bar from the start of the stem, round and round. */
const chordChanges = (
  stage: Stage,
  lane: Lane,
  stem: StemRecord,
  chords: readonly PitchSet[],
): { readonly fromFrame: number; readonly chord: PitchSet }[] => {
  const [clip] = stage.clipsNow(lane)
  if (!clip || chords.length === 0) return []
  const milliBpm = clip.warp?.milliBpm ?? stage.tempo[0]?.milliBpm ?? 120_000
  const bar = stage.bars(0, 1)[0]?.lengthTicks ?? 3_840
  const frames = (bar * 60_000 * 48_000) / (960 * milliBpm)
  const count = Math.ceil((stem.lengthFrames * 48_000) / stem.sampleRate / frames)
  return Array.from({ length: Math.min(count, 4_000) }, (_, i) => ({
    fromFrame: Math.round(i * frames),
    chord: chords[i % chords.length] as PitchSet,
  }))
}

export const revoice: Style = {
  id: 'revoice',
  version: 1,
  group: 'revoice',
  label: 'Re-voice',
  description: 'The notes of a part, as a model wrote them down, played by another instrument and if you like in another key.',
  parameters: [
    choice('part', 'Part', { bass: 'Bass', keys: 'Keys', synth: 'Synths', guitar: 'Guitars', vocals: 'Voices', other: 'Other' }, 'keys'),
    text('track', 'Or a track', 'its name'),
    choice('instrument', 'Instrument', Object.fromEntries(INSTRUMENTS_BY_NAME), 'e-piano'),
    num('transpose', 'Transpose', 'semitones', [-24, 24, 1], 0),
    text('key', 'In key', 'D minor, F# dorian …; empty: as it is'),
    text('chords', 'On chords', 'Am F C G, one a bar; empty: as it is'),
    num('brightness', 'Brightness', '', [-1, 1, 0.05], 0),
  ],
  needs: ['notes'],
  run: (stage, params) => {
    const named = params.text('track').trim().toLowerCase()
    const lanes = stage.lanes.filter((lane) => (named === '' ? lane.role === params.text('part') : lane.title.toLowerCase() === named))
    if (lanes.length === 0)
      return fail(
        'style.no_part',
        named === '' ? `Nothing plays the part “${params.text('part')}” here.` : `There is no track “${params.text('track')}” here.`,
      )
    const keyText = params.text('key').trim()
    const to = keyText === '' ? undefined : readKey(keyText)
    if (keyText !== '' && !to)
      return fail('style.bad_param', `Re-voice: “${keyText}” is not a key; write it like “D minor” or “F# dorian”.`)
    const chordTexts = params
      .text('chords')
      .trim()
      .split(/[\s,|-]+/)
      .filter(Boolean)
    const chords: PitchSet[] = []
    for (const one of chordTexts.slice(0, 256)) {
      const chord = readChord(one)
      if (!chord) return fail('style.bad_param', `Re-voice: “${one}” is not a chord; write it like Am7, F or Bbmaj7.`)
      chords.push(chord)
    }
    const stated = remixOf(stage.snapshot).key
    const from = stated === null ? null : (readKey(stated) ?? null)
    const instrument = params.text('instrument')
    let played = 0
    const done: string[] = []
    for (const lane of lanes) {
      for (const stem of lane.stems) {
        const heard = stage.heard(stem).notes
        if (!heard || heard.notes.length === 0) {
          stage.leaveOut(stem.title, heard ? 'No notes were heard in it.' : 'Its notes are not known yet; have them written down first.')
          continue
        }
        const op = heard.model === null ? 'replace' : 'ai.transcribe'
        const verdict = stage.licence.verdict(stem, op, heard.model === null ? {} : { model: heard.model })
        if (verdict.effect === 'deny' || stage.isKept(lane)) {
          stage.leaveOut(`a new voice for ${stem.title}`, verdict.why === '' ? 'It is to stay as it is.' : verdict.why)
          continue
        }
        if (verdict.effect === 'approval') stage.ask(verdict.why)
        const shift = params.number('transpose')
        const moved = heard.notes.flatMap((note) => {
          const pitch = note.pitch + shift
          return pitch < 0 || pitch > 127 ? [] : [{ ...note, pitch }]
        })
        const target = to ?? (chords.length > 0 ? from : null)
        const notes = target
          ? harmonise(moved, { from, to: target, ...(chords.length > 0 ? { chords: chordChanges(stage, lane, stem, chords) } : {}) })
          : moved
        if (!target && chords.length > 0)
          stage.leaveOut('the chords', 'The key of this remix is not known; state it, or name one for the new voice.')
        const make: Make = {
          kind: 'notes',
          instrument: { name: instrument, params: { brightness: params.number('brightness') } },
          notes: [...notes],
          model: heard.model,
        }
        const soundId = stage.newId()
        const label = INSTRUMENTS_BY_NAME.find(([name]) => name === instrument)?.[1] ?? instrument
        stage.edit({ op: 'sound.add', id: soundId, stemId: stem.id, name: `${stem.title}, ${label.toLowerCase()}`.slice(0, 300), make })
        const clipIds = stage.clipsNow(lane).flatMap((clip) => (clip.stemId === stem.id ? [clip.id] : []))
        if (clipIds.length > 0) stage.edit({ op: 'clip.sound', clipIds, soundId })
        played += notes.length
        done.push(stem.title)
      }
    }
    if (done.length === 0)
      return fail('style.needs_notes', `“Re-voice” can do nothing here: ${stage.leftOut.at(-1)?.why ?? 'no notes are known.'}`)
    stage.say(`${played} notes of ${namesOf(done)} on ${instrument}${keyText === '' ? '' : ` in ${keyText}`}`)
    return undefined
  },
}

export const vocalChop: Style = {
  id: 'vocal-chop',
  version: 1,
  group: 'revoice',
  label: 'Vocal chop',
  description: 'Whole phrases of the voice, found by a model, thrown in anew: called twice, answered, left hanging in an echo.',
  parameters: [
    num('amount', 'Amount', '%', [10, 100, 5], 50),
    toggle('repeat', 'Repeat the first word', true),
    toggle('thin', 'Leave some out', true),
    num('echo', 'Echo', '%', [0, 100, 5], 40),
  ],
  needs: ['phrases', 'sections'],
  run: (stage, params) => {
    const voices = stage.lanes.filter(isVoice)
    if (voices.length === 0) return fail('style.no_part', 'No voice sings here, so there is nothing to chop.')
    if (!hasGrid(stage, 'the chops')) return undefined
    const known = voices.filter((lane) => (phrasesOf(stage, lane)?.length ?? 0) > 0)
    if (known.length === 0) {
      const unheard = voices.filter((lane) => phrasesOf(stage, lane) === undefined)
      if (unheard.length > 0)
        return fail(
          'style.needs_phrases',
          `${namesOf(unheard.map((lane) => lane.title))} ${unheard.length === 1 ? 'was' : 'were'} not listened to for phrases, so there is nothing to chop by.`,
        )
      return fail(
        'style.no_phrases',
        `The model listened to ${namesOf(voices.map((lane) => lane.title))} and heard nothing sung or spoken. Split the clips by hand where words begin, or use “Chopped”, which cuts by the beat.`,
      )
    }
    for (const lane of voices)
      if (!known.includes(lane))
        stage.leaveOut(lane.title, phrasesOf(stage, lane) ? 'The model heard no phrases in it.' : 'It was not listened to for phrases.')
    const amount = params.number('amount') / 100
    let changed = 0
    const bus = stage.bus('Chop throw', [echo(beatMs(stage, 0.75), 35, { isPingPong: 1, lowCutHz: 350, highCutHz: 4_500 })])
    for (const lane of known) {
      const phrases = phrasesOf(stage, lane) ?? []
      const own = stage.random.fork(`phrases/${lane.track.id}`)
      for (const [i, phrase] of phrases.entries()) {
        if (!own.chance(amount) || changed > 200) continue
        const next = phrases[i + 1]
        const room = (next?.startTick ?? stage.endTick) - phrase.endTick
        const length = phrase.endTick - phrase.startTick
        const beat = stage.bars(phrase.startTick, phrase.startTick + 1)[0]?.beatTicks ?? 960
        const way = own.below(3)
        const pieces: Piece[] = []
        const whole = { fromTick: phrase.startTick, lengthTicks: length, atTick: phrase.startTick, foundBy: phrase.model }
        if (way === 0 && params.flag('thin') && phrases.length > 3) {
          // Nothing: silence is the answer.
        } else if (way === 1 && params.flag('repeat') && length >= beat * 2) {
          // Its first beat twice, then the phrase: on the beat, inside its own time.
          pieces.push(
            { ...whole, lengthTicks: beat },
            { ...whole, lengthTicks: beat, atTick: phrase.startTick + beat },
            { ...whole, fromTick: phrase.startTick, lengthTicks: length - beat * 2, atTick: phrase.startTick + beat * 2 },
          )
        } else {
          pieces.push(whole)
          if (room > length + beat) {
            const beats = Math.ceil(length / beat) * beat
            pieces.push({ ...whole, atTick: phrase.startTick + beats, gainDb: -5 })
          }
        }
        const end = Math.max(phrase.endTick, ...pieces.map((piece) => piece.atTick + piece.lengthTicks))
        recut(stage, lane, phrase.startTick, Math.min(end, next?.startTick ?? end), pieces)
        changed++
      }
      if (params.number('echo') > 0) bus.send(lane, -30 + params.number('echo') * 0.2)
    }
    stage.say(`${changed} phrases of ${namesOf(known.map((lane) => lane.title))} thrown anew`)
    return undefined
  },
}
