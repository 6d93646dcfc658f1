// Frozen tracks: their sound before the fader was rendered once and lies in a folder of the cache. A sound made here counts where the track is still what it
// was; one that came from elsewhere only where this machine cannot make it (docs/decisions/frozen-sound.md). Else the track plays as if it were not frozen.
import type { PluginRef } from '../../src-shared/plugins/index.ts'
import type { PlanPlugin, PlanSource, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import type { FrozenState } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { describeDecoded, frozenDir, givenDir, readFrozenNote } from '../files/index.ts'
import { heardShapeOf, shapeOf } from './frozen-shape.ts'

export type IsInstalled = (plugin: PluginRef) => boolean

const everything: IsInstalled = () => true

const HERE = 'frozen:here:'
const ELSEWHERE = 'frozen:elsewhere:'

interface FrozenSound {
  /** Also its name in its folder. */
  readonly key: string
  readonly lengthFrames: number
  readonly isFromElsewhere: boolean
  /** It is as it was frozen, but what its plugins listened to is another now. */
  readonly isOutdated: boolean
}

const missingPlugins = (track: PlanTrack, isInstalled: IsInstalled): readonly PlanPlugin[] =>
  track.devices.filter((device): device is PlanPlugin => device.kind === 'plugin' && device.isEnabled && !isInstalled(device.plugin))

/** The sound a frozen track plays; undefined where there is none that may be played. */
const soundOf = (plan: RenderPlan, track: PlanTrack, cacheDir: string, isInstalled: IsInstalled): FrozenSound | undefined => {
  const { frozen } = track
  if (!frozen) return undefined
  const note = readFrozenNote(cacheDir, frozen.key)
  // A document can name any sound: it has to be this track's.
  if (note && (frozen.sha256 ?? note.sha256) === note.sha256 && note.shape === shapeOf(plan, track)) {
    const made = describeDecoded(frozenDir(cacheDir), frozen.key)
    if (made) {
      const isOutdated = note.heard !== undefined && note.heard !== heardShapeOf(plan, track.id)
      return { key: frozen.key, lengthFrames: made.lengthFrames, isFromElsewhere: false, isOutdated }
    }
  }
  if (frozen.sha256 === undefined || missingPlugins(track, isInstalled).length === 0) return undefined
  const given = describeDecoded(givenDir(cacheDir), frozen.sha256)
  return given && { key: frozen.sha256, lengthFrames: given.lengthFrames, isFromElsewhere: true, isOutdated: false }
}

/** The folder and name of a source that `playsFrozen` added; undefined for every other source. */
export const frozenPlace = (
  cacheDir: string,
  { stemId, contentSha256 }: Pick<PlanSource, 'stemId' | 'contentSha256'>,
): { readonly dir: string; readonly key: string } | undefined => {
  if (stemId.startsWith(HERE)) return { dir: frozenDir(cacheDir), key: contentSha256 }
  return stemId.startsWith(ELSEWHERE) ? { dir: givenDir(cacheDir), key: contentSha256 } : undefined
}

export interface ReadableFrozen {
  /** Every frozen track reduced to its frozen sound, one clip without devices. Its fader, pan and sends stay. */
  readonly plan: RenderPlan
  /** Frozen tracks that play from their clips and devices, as there is no sound to play; and which of their plugins are missing. */
  readonly lost: readonly { readonly track: PlanTrack; readonly missing: readonly PlanPlugin[]; readonly isFromElsewhere: boolean }[]
  /** Tracks that play a sound which was not made here. */
  readonly elsewhere: readonly PlanTrack[]
  /** How each frozen track plays, by id. */
  readonly states: Readonly<Record<string, FrozenState>>
}

/** How the frozen tracks of a plan play. Without `isInstalled` no sound from elsewhere is played. */
export const readFrozenTracks = (plan: RenderPlan, cacheDir: string, isInstalled: IsInstalled = everything): ReadableFrozen => {
  if (!plan.tracks.some((track) => track.frozen)) return { plan, lost: [], elsewhere: [], states: {} }
  const sources: PlanSource[] = [...plan.sources]
  const lost: ReadableFrozen['lost'][number][] = []
  const elsewhere: PlanTrack[] = []
  const states: Record<string, FrozenState> = {}
  const tracks = plan.tracks.map((track): PlanTrack => {
    const { frozen, notes, ...rest } = track
    if (!frozen) return track
    const sound = soundOf(plan, track, cacheDir, isInstalled)
    states[track.id] = !sound ? 'lost' : sound.isFromElsewhere ? 'elsewhere' : sound.isOutdated ? 'outdated' : 'kept'
    if (!sound) {
      const isFromElsewhere = frozen.sha256 !== undefined && describeDecoded(givenDir(cacheDir), frozen.sha256) !== undefined
      lost.push({ track, missing: missingPlugins(track, isInstalled), isFromElsewhere })
      return { ...rest, ...(notes ? { notes } : {}) }
    }
    if (sound.isFromElsewhere) elsewhere.push(track)
    const source = sources.push(frozenSource(sound)) - 1
    return {
      ...rest,
      devices: [],
      clips: [
        {
          clipId: `frozen:${track.id}`,
          source,
          startFrame: 0,
          lengthFrames: sound.lengthFrames,
          sourceStartFrame: 0,
          gainDb: 0,
          fadeInFrames: 0,
          fadeOutFrames: 0,
          fadeCurve: 'linear',
        },
      ],
    }
  })
  return { plan: { ...plan, sources, tracks }, lost, elsewhere, states }
}

/** The plan of `readFrozenTracks`. */
export const playsFrozen = (plan: RenderPlan, cacheDir: string, isInstalled?: IsInstalled): RenderPlan =>
  readFrozenTracks(plan, cacheDir, isInstalled).plan

/** The sentence for a frozen track that plays from its clips and devices. */
export const frozenLost = (
  { track, missing, isFromElsewhere }: ReadableFrozen['lost'][number],
  code: 'export.frozen_lost' | 'playback.frozen_lost',
): Problem => {
  const where = isFromElsewhere ? 'was made on another machine' : 'is not on this machine'
  const now = code === 'export.frozen_lost' ? 'The track was rendered' : 'The track plays'
  const names = missing.map(({ plugin }) => `"${plugin.name}"`).join(', ')
  const what =
    missing.length > 0
      ? `${names} ${missing.length === 1 ? 'is' : 'are'} not installed either. Save the remix again where it was frozen and open it with its folder of frozen sounds, or install what is missing.`
      : `${now} from its clips and devices; freeze it again to ${code === 'export.frozen_lost' ? 'keep its sound' : 'spare them'}.`
  return { code, message: `The frozen sound of "${track.name}" ${where}. ${what}`, details: { trackId: track.id } }
}

const frozenSource = ({ key, lengthFrames, isFromElsewhere }: FrozenSound): PlanSource => ({
  stemId: `${isFromElsewhere ? ELSEWHERE : HERE}${key}`,
  workId: 'frozen',
  role: 'other',
  title: 'Frozen track',
  contentSha256: key,
  sampleRate: 48_000,
  channels: 2,
  lengthFrames,
  isrc: null,
})
