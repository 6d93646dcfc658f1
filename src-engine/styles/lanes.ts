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

/** The clips of each track, kept up to date edit by edit: a style makes hundreds, and looks between them. */
export class ClipIndex {
  readonly #byTrack = new Map<string, Map<string, Clip>>()
  readonly #trackOf = new Map<string, string>()
  readonly #sorted = new Map<string, readonly Clip[]>()

  constructor(snapshot: RemixSnapshot) {
    for (const clip of recordsOf(snapshot, 'clip')) this.#put(clip)
  }

  #put(clip: Clip): void {
    const clips = this.#byTrack.get(clip.trackId)
    if (clips) clips.set(clip.id, clip)
    else this.#byTrack.set(clip.trackId, new Map([[clip.id, clip]]))
    this.#trackOf.set(clip.id, clip.trackId)
    this.#sorted.delete(clip.trackId)
  }

  /** Looks again at the clips with these ids. */
  refresh(snapshot: RemixSnapshot, ids: Iterable<string>): void {
    for (const id of ids) {
      const known = this.#trackOf.get(id)
      if (known !== undefined) {
        this.#byTrack.get(known)?.delete(id)
        this.#trackOf.delete(id)
        this.#sorted.delete(known)
      }
      const clip = snapshot.get(id)
      if (clip?.type === 'clip') this.#put(clip)
    }
  }

  /** By (start, id), muted ones left out. */
  of(trackId: string): readonly Clip[] {
    const known = this.#sorted.get(trackId)
    if (known) return known
    const clips = [...(this.#byTrack.get(trackId)?.values() ?? [])].filter((clip) => !clip.isMuted).sort(byStart)
    this.#sorted.set(trackId, clips)
    return clips
  }
}

/** Audio tracks that are heard, in the order they are shown. */
export const lanesOf = (snapshot: RemixSnapshot, index = new ClipIndex(snapshot)): readonly Lane[] => {
  const tracks = tracksOf(snapshot).filter((track) => track.kind === 'audio')
  const isAnySoloed = tracks.some((track) => track.isSoloed)
  return tracks.flatMap((track): Lane[] => {
    if (track.isMuted || (isAnySoloed && !track.isSoloed)) return []
    const known = index.of(track.id)
    const stemIds = new Set<string>()
    for (const clip of known) stemIds.add(clip.stemId)
    const stems = [...stemIds].flatMap((id) => stemOf(snapshot, id) ?? [])
    const clips = stems.length === stemIds.size ? known : known.filter((clip) => stemOf(snapshot, clip.stemId))
    return stems.length > 0 ? [{ track, stems, clips, role: track.role, part: partOf(track.role, track.name), title: track.name }] : []
  })
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
