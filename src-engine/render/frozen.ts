// Frozen tracks: their sound before the fader was rendered once and lies in a folder of the cache. A track whose file is gone plays as it did before it
// was frozen; nothing else decides.
import { join } from 'node:path'
import type { PlanSource, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import { describeDecoded } from '../files/index.ts'

/** Where frozen sounds are kept. */
export const frozenDir = (cacheDir: string): string => join(cacheDir, 'frozen')

/** Stem id of the sources that `playsFrozen` adds. */
export const FROZEN_STEM = 'frozen'

/** Tracks that are frozen and whose file is gone. */
export const lostFrozen = (plan: RenderPlan, cacheDir: string): readonly PlanTrack[] =>
  plan.tracks.filter((track) => track.frozen && describeDecoded(frozenDir(cacheDir), track.frozen.key) === undefined)

/** The plan with every frozen track reduced to its frozen sound, one clip without devices. Its fader, pan and sends stay. */
export const playsFrozen = (plan: RenderPlan, cacheDir: string): RenderPlan => {
  if (!plan.tracks.some((track) => track.frozen)) return plan
  const sources: PlanSource[] = [...plan.sources]
  const tracks = plan.tracks.map((track): PlanTrack => {
    const { frozen, notes: _notes, ...rest } = track
    if (!frozen) return track
    const sound = describeDecoded(frozenDir(cacheDir), frozen.key)
    if (!sound) return { ...rest, ...(track.notes ? { notes: track.notes } : {}) }
    const source = sources.push(frozenSource(frozen.key, sound.lengthFrames)) - 1
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
  return { ...plan, sources, tracks }
}

const frozenSource = (key: string, lengthFrames: number): PlanSource => ({
  stemId: FROZEN_STEM,
  workId: FROZEN_STEM,
  role: 'other',
  title: 'Frozen track',
  contentSha256: key,
  sampleRate: 48_000,
  channels: 2,
  lengthFrames,
  isrc: null,
})
