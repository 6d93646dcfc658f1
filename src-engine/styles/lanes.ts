// Audio tracks as styles see them: what they play, what part it has in the music, and which stems' licences stand behind it.
import {
  type Clip,
  endTick,
  REMIX_SAMPLE_RATE,
  type RemixSnapshot,
  type Role,
  recordsOf,
  type StemRecord,
  stemOf,
  type Track,
  tracksOf,
} from '../../src-shared/remix/index.ts'

export const PARTS = ['kick', 'snare', 'hats', 'drums', 'bass', 'lead', 'backing', 'keys', 'synth', 'guitar', 'effects', 'other'] as const
/** Finer than a role: what titles tell as well. */
export type Part = (typeof PARTS)[number]

export interface Lane {
  readonly track: Track
  readonly stems: readonly StemRecord[]
  /** By (start, id), muted ones left out. */
  readonly clips: readonly Clip[]
  readonly role: Role
  readonly part: Part
  readonly title: string
  /** End of the last clip. */
  readonly endTick: number
}

const drumPart = (title: string): Part => {
  if (/kick|\bbd\b|bass ?drum/i.test(title)) return /hat|snare/i.test(title) ? 'drums' : 'kick'
  if (/snare|\bsd\b|clap|rim/i.test(title)) return 'snare'
  if (/hat|shaker|perc|tamb|ride|cymbal|conga|bongo|brush/i.test(title)) return 'hats'
  return 'drums'
}

const BACKING = /\b(bg|bgv|back|backing|choir|harmon|dub|double|ad.?lib|oohs?|aahs?|echo)|bgvox|backvox/i

export const partOf = (role: Role, title: string): Part => {
  if (role === 'drums') return drumPart(title)
  if (role === 'vocals') return BACKING.test(title) ? 'backing' : 'lead'
  return role
}

/** Groups that styles speak of. */
export const isDrums = ({ role }: Lane): boolean => role === 'drums'
export const isVoice = ({ role }: Lane): boolean => role === 'vocals'
export const isBass = ({ role }: Lane): boolean => role === 'bass'
export const isHarmony = ({ role }: Lane): boolean => role === 'keys' || role === 'synth' || role === 'guitar'
export const isTexture = ({ role }: Lane): boolean => role === 'effects' || role === 'other'
/** What has a key. */
export const isPitched = ({ role }: Lane): boolean => role !== 'drums' && role !== 'effects'

const byStart = (left: Clip, right: Clip): number => left.startTick - right.startTick || (left.id < right.id ? -1 : 1)

/** Two lists by (start, id) as one. */
const mergeSorted = (left: readonly Clip[], right: readonly Clip[]): readonly Clip[] => {
  const merged: Clip[] = []
  let i = 0
  for (const clip of right) {
    for (let one = left[i]; one && byStart(one, clip) < 0; one = left[++i]) merged.push(one)
    merged.push(clip)
  }
  for (; i < left.length; i++) merged.push(left[i] as Clip)
  return merged
}

/** The clips of each track, kept up to date edit by edit: a style makes hundreds, and looks between them. */
export class ClipIndex {
  readonly #snapshot: RemixSnapshot
  readonly #sorted = new Map<string, readonly Clip[]>()
  /** Ids of clips that changed since a track was last looked at, by track; some more than once. */
  readonly #changed = new Map<string, string[]>()
  readonly #lanes = new Map<string, Lane>()

  /** `snapshot` changes with each edit. */
  constructor(snapshot: RemixSnapshot) {
    this.#snapshot = snapshot
    for (const clip of recordsOf(snapshot, 'clip')) this.#note(clip.trackId, clip.id)
  }

  #note(trackId: string, id: string): void {
    const known = this.#changed.get(trackId)
    if (known) known.push(id)
    else this.#changed.set(trackId, [id])
  }

  /** Takes note of clips that are about to change, or just did. */
  touch(ids: readonly string[]): void {
    for (const id of ids) {
      const clip = this.#snapshot.get(id)
      if (clip?.type === 'clip') this.#note(clip.trackId, id)
    }
  }

  /** By (start, id), muted ones left out. The same list as long as nothing changed. */
  of(trackId: string): readonly Clip[] {
    const known = this.#sorted.get(trackId) ?? []
    const noted = this.#changed.get(trackId)
    if (!noted) return known
    this.#changed.delete(trackId)
    const changed = new Set(noted)
    const put: Clip[] = []
    for (const id of changed) {
      const clip = this.#snapshot.get(id)
      if (clip?.type === 'clip' && clip.trackId === trackId && !clip.isMuted) put.push(clip)
    }
    const kept = known.length === 0 ? known : known.filter((clip) => !changed.has(clip.id))
    const clips = mergeSorted(kept, put.sort(byStart))
    this.#sorted.set(trackId, clips)
    return clips
  }

  /** The lane of an audio track; undefined where it plays nothing. Made anew only where the track or its clips changed. */
  laneOf(track: Track): Lane | undefined {
    const all = this.of(track.id)
    const known = this.#lanes.get(track.id)
    if (known?.track === track && known.clips === all) return known
    const stemIds = new Set<string>()
    for (const clip of all) stemIds.add(clip.stemId)
    const stems = [...stemIds].flatMap((id) => stemOf(this.#snapshot, id) ?? [])
    if (stems.length === 0) return undefined
    const clips = stems.length === stemIds.size ? all : all.filter((clip) => stemOf(this.#snapshot, clip.stemId))
    let end = 0
    for (const clip of clips) end = Math.max(end, endTick(clip))
    const lane: Lane = { track, stems, clips, role: track.role, part: partOf(track.role, track.name), title: track.name, endTick: end }
    this.#lanes.set(track.id, lane)
    return lane
  }
}

/** Audio tracks that are heard, in the order they are shown. `tracks` are those of the snapshot. */
export const lanesOf = (
  snapshot: RemixSnapshot,
  index = new ClipIndex(snapshot),
  tracks: readonly Track[] = tracksOf(snapshot),
): readonly Lane[] => {
  const audio = tracks.filter((track) => track.kind === 'audio')
  const isAnySoloed = audio.some((track) => track.isSoloed)
  return audio.flatMap((track) => (track.isMuted || (isAnySoloed && !track.isSoloed) ? [] : (index.laneOf(track) ?? [])))
}

/** Where a clip starts in its stem, in frames at 48 kHz. */
export const offset48 = (clip: Clip, stem: StemRecord): number =>
  Math.round((clip.sourceOffsetFrames * REMIX_SAMPLE_RATE) / stem.sampleRate)

/** Whether a lane plays anything in a stretch of time. */
export const playsIn = (lane: Lane, fromTick: number, toTick: number): boolean =>
  lane.clips.some((clip) => clip.startTick < toTick && endTick(clip) > fromTick)

/** `Lead voice`, `Lead voice and Kick`, `Lead voice, Kick and 3 more`. */
export const namesOf = (titles: readonly string[]): string => {
  const [first = '', second = ''] = titles
  if (titles.length <= 1) return first
  if (titles.length === 2) return `${first} and ${second}`
  return titles.length === 3 ? `${first}, ${second} and ${titles[2]}` : `${first}, ${second} and ${titles.length - 2} more`
}
