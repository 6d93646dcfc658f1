import { describe, expect, it } from 'vitest'
import { unwrap } from '../../std/index.ts'
import { applyEdits } from '../apply-edit.ts'
import { checkSnapshot, encodeDocument } from '../document.ts'
import { decodeEditCommands } from '../edit-command.ts'
import { countingIds, sampleRemix } from '../remix.fixture.ts'
import { clipsOf } from '../snapshot.ts'
import { endTick } from './change.ts'

const BAR = 3_840
const edited = (commands: readonly unknown[]) => {
  const { snapshot } = unwrap(applyEdits(sampleRemix(), unwrap(decodeEditCommands(commands)), { newId: countingIds('a') }))
  unwrap(checkSnapshot(snapshot))
  return snapshot
}
const [clip] = clipsOf(sampleRemix())
if (!clip) throw new Error('the sample has clips')

describe('clip.rest', () => {
  it('leaves what splits, trims and deletions would leave, to the byte', () => {
    const [start, end] = [clip.startTick, endTick(clip)]
    const rested = edited([
      {
        op: 'clip.rest',
        clipIds: [clip.id],
        spans: [
          { fromTick: start, toTick: start + BAR / 2 },
          { fromTick: start + BAR, toTick: start + BAR + 960 },
          { fromTick: end - 960, toTick: end + BAR },
        ],
        rightIds: ['right'],
      },
    ])
    const byHand = edited([
      { op: 'clip.trim', clipId: clip.id, edge: 'start', toTick: start + BAR / 2 },
      { op: 'clip.split', clipIds: [clip.id], atTick: start + BAR, rightIds: ['middle'] },
      { op: 'clip.split', clipIds: ['middle'], atTick: start + BAR + 960, rightIds: ['right'] },
      { op: 'clip.delete', clipIds: ['middle'] },
      { op: 'clip.trim', clipId: 'right', edge: 'end', toTick: end - 960 },
    ])
    expect(encodeDocument(rested)).toBe(encodeDocument(byHand))
  })

  it('takes clips away that lie in a stretch, and leaves those that do not touch one', () => {
    const gone = edited([{ op: 'clip.rest', clipIds: [clip.id], spans: [{ fromTick: 0, toTick: endTick(clip) }] }])
    expect(gone.has(clip.id)).toBe(false)
    const far = endTick(clip) + BAR
    const same = edited([{ op: 'clip.rest', clipIds: [clip.id], spans: [{ fromTick: far, toTick: far + BAR }] }])
    expect(same.get(clip.id)).toEqual(clip)
  })

  it('refuses a stretch that ends before it begins, and ids that are taken', () => {
    const refusal = (spans: unknown, rightIds?: readonly string[]) => {
      const commands = unwrap(decodeEditCommands([{ op: 'clip.rest', clipIds: [clip.id], spans, ...(rightIds ? { rightIds } : {}) }]))
      const result = applyEdits(sampleRemix(), commands, { newId: countingIds('a') })
      return result.ok ? '' : result.error.code
    }
    expect(refusal([{ fromTick: BAR, toTick: BAR }])).toBe('edit.empty_span')
    const middle = [{ fromTick: clip.startTick + 960, toTick: clip.startTick + 1_920 }]
    expect(refusal(middle, [clip.id])).toBe('edit.id_taken')
    expect(refusal([...middle, { fromTick: clip.startTick + 2_880, toTick: clip.startTick + 3_360 }], ['x', 'x'])).toBe('edit.id_taken')
  })
})
