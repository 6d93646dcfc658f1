// Audio tracks as styles see them: what they play, what part it has in the music, and which stems' licences stand behind it.
import {
  type Clip,
  endTick,
  REMIX_SAMPLE_RATE,
  type RemixSnapshot,
  type Role,
  recordsOf,
  type StemRecord,
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

/** Audio tracks that are heard, in the order they are shown. */
export const lanesOf = (snapshot: RemixSnapshot): readonly Lane[] => {
  const stems = new Map(recordsOf(snapshot, 'stem').map((stem) => [stem.id, stem]))
  const byTrack = new Map<string, Clip[]>()
  for (const clip of recordsOf(snapshot, 'clip')) {
    if (clip.isMuted || !stems.has(clip.stemId)) continue
    const list = byTrack.get(clip.trackId)
    if (list) list.push(clip)
    else byTrack.set(clip.trackId, [clip])
  }
  const tracks = tracksOf(snapshot).filter((track) => track.kind === 'audio')
  const isAnySoloed = tracks.some((track) => track.isSoloed)
  return tracks.flatMap((track): Lane[] => {
    const clips = byTrack.get(track.id)
    if (!clips || track.isMuted || (isAnySoloed && !track.isSoloed)) return []
    clips.sort((left, right) => left.startTick - right.startTick || (left.id < right.id ? -1 : 1))
    const played = [...new Set(clips.map((clip) => clip.stemId))].flatMap((id) => stems.get(id) ?? [])
    const [first] = played
    return first ? [{ track, stems: played, clips, role: track.role, part: partOf(track.role, track.name), title: track.name }] : []
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
