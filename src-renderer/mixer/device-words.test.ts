import { describe, expect, it } from 'vitest'
import { applyEdits, type EditCommand } from '../../src-shared/remix/index.ts'
import { sampleRemix } from '../../src-shared/remix/remix.fixture.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { deviceWords } from './device-words.ts'

const sweep = (id: string, trackId = '@Bass'): EditCommand => ({
  op: 'plugin.add',
  id,
  trackId,
  plugin: { format: 'clap', id: 'org.example.sweep', name: 'Sweep' },
})
const remixWith = (...commands: readonly EditCommand[]) => unwrap(applyEdits(sampleRemix(), commands, { newId: () => 'new' })).snapshot

describe('the name of a device of a track', () => {
  it('is a number more where the track has several of that name, and nothing for what is no device', () => {
    const one = remixWith(sweep('a'), { op: 'device.add', id: 'f', trackId: '@Bass', kind: 'filter' })
    expect(deviceWords(one, 'a')).toBe('Sweep')
    expect(deviceWords(one, 'f')).toBe('Filter')
    const two = remixWith(sweep('a'), sweep('b'))
    expect([deviceWords(two, 'a'), deviceWords(two, 'b')]).toEqual(['Sweep 1', 'Sweep 2'])
    expect(deviceWords(two, 'track:bass')).toBeNull()
    expect(deviceWords(two, 'gone')).toBeNull()
  })
})
