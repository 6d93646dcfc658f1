import { mkdtempSync, openSync, readdirSync, rmSync, truncateSync, writeSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkSummary } from '../../../src-shared/protocol/index.ts'
import { Library } from './index.ts'

const WORK: WorkSummary = {
  id: 'urn:stemma:work:test',
  title: 'Test work',
  artists: ['Somebody'],
  milliBpm: 90_000,
  key: 'C major',
  meter: { numerator: 4, denominator: 4 },
  year: 2026,
  coverColors: ['#112233', '#445566'],
  lengthMs: 1_000,
  sections: [],
  stems: [
    {
      id: 'urn:stemma:stem:a',
      title: 'A',
      role: 'drums',
      lengthMs: 1_000,
      lengthFrames: 48_000,
      sampleRate: 48_000,
      channels: 2,
      bytes: 10,
      mimeType: 'audio/wav',
      contentSha256: 'a'.repeat(64),
      isrc: null,
      c2pa: null,
    },
  ],
  licence: { state: 'open', badge: 'open', sentences: [] },
}

describe('the library', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-library-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('keeps works across a restart', () => {
    const path = join(dir, 'library.sqlite')
    const first = Library.open(path)
    first.saveWork(WORK)
    first.close()
    const second = Library.open(path)
    expect(second.works()).toEqual([WORK])
    second.close()
  })

  it.each([
    [
      'a page of rubbish',
      (path: string) => {
        const file = openSync(path, 'r+')
        writeSync(file, Buffer.alloc(8192, 0x5a), 0, 8192, 0)
        closeSync(file)
      },
    ],
    ['half its length', (path: string) => truncateSync(path, 5_000)],
  ])('is set aside and rebuilt when the database has %s', (_name, damage) => {
    const path = join(dir, 'library.sqlite')
    const first = Library.open(path)
    first.saveWork(WORK)
    first.close()
    damage(path)
    const second = Library.open(path)
    expect(second.works()).toEqual([WORK])
    expect(second.setAside).toMatch(/damaged/)
    expect(readdirSync(dir).some((name) => name.includes('damaged'))).toBe(true)
    second.close()
  })
})
