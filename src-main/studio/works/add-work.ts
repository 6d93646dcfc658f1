// A pulled work as the edit that adds it to a remix.
import type { WorkSummary } from '../../../src-shared/protocol/index.ts'
import type { EditCommand } from '../../../src-shared/remix/index.ts'

/** Adds all stems of a work on tracks of their own, from the start of the remix. */
export const addWork = ({ id, title, artists, milliBpm, key, stems }: WorkSummary): EditCommand => ({
  op: 'work.add',
  work: { id, title, artists: [...artists], milliBpm, key },
  stems: stems.map((stem) => ({
    id: stem.id,
    title: stem.title,
    role: stem.role,
    contentSha256: stem.contentSha256,
    sampleRate: stem.sampleRate,
    channels: stem.channels,
    lengthFrames: stem.lengthFrames,
    isrc: stem.isrc,
  })),
  atTick: 0,
})
