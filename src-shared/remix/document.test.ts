import { describe, expect, it } from 'vitest'
import { unwrap } from '../std/index.ts'
import { decodeDocument, encodeDocument } from './document.ts'
import { REMIX_SCHEMA_VERSION } from './records.ts'
import { sampleRemix } from './remix.fixture.ts'

describe('hostile remix files (file.hostile, file.newer)', () => {
  const good = () => JSON.parse(encodeDocument(sampleRemix())) as { records: Record<string, unknown>[]; schemaVersion: number }
  const refused = (change: (document: ReturnType<typeof good>) => unknown): string => {
    const document = good()
    const result = change(document)
    const decoded = decodeDocument(typeof result === 'string' ? result : JSON.stringify(document))
    return decoded.ok ? `opened: ${decoded.value.repairs.join(' ')}` : decoded.error.code
  }
  const record = (document: ReturnType<typeof good>, type: string) => document.records.find((one) => one.type === type)!

  it.each([
    ['no JSON', () => '{"format":"stemma-remix",', 'remix_file.not_json'],
    ['another format', () => '{"format":"ableton"}', 'remix_file.wrong_format'],
    ['a prototype key', () => encodeDocument(sampleRemix()).replace('"params":{', '"params":{"__proto__":{"x":1},'), 'remix_file.hostile'],
    [
      'deep nesting',
      () => `{"format":"stemma-remix","schemaVersion":1,"records":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      'remix_file.hostile',
    ],
    ['infinity', () => encodeDocument(sampleRemix()).replace('"gainDb":0', '"gainDb":1e999'), 'remix_file.bad_record'],
    [
      'a negative time',
      (document: ReturnType<typeof good>) => {
        record(document, 'clip').startTick = -1
      },
      'remix_file.bad_record',
    ],
    [
      'a huge list',
      (document: ReturnType<typeof good>) => {
        document.records = Array.from({ length: 500_001 }, () => ({}))
      },
      'remix_file.too_many_records',
    ],
    [
      'two records of one id',
      (document: ReturnType<typeof good>) => {
        document.records.push({ ...record(document, 'clip') })
      },
      'remix_file.duplicate_id',
    ],
    [
      'a second master',
      (document: ReturnType<typeof good>) => {
        document.records.push({ ...record(document, 'track'), id: 'm2', kind: 'master' })
      },
      'remix_file.bad_master',
    ],
    [
      'no remix record',
      (document: ReturnType<typeof good>) => {
        document.records.shift()
      },
      'remix_file.no_remix',
    ],
    [
      'a tempo map out of order',
      (document: ReturnType<typeof good>) => {
        record(document, 'remix').tempo = [{ atTick: 5, milliBpm: 90_000 }]
      },
      'remix_file.bad_map',
    ],
  ])('refuses %s', (_name, change, code) => {
    expect(refused(change)).toBe(code)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('refuses sends in a circle', () => {
    expect(
      refused((document) => {
        const bus = (id: string) => ({ ...record(document, 'track'), id, kind: 'bus' })
        document.records.push(bus('a'), bus('b'))
        const send = (id: string, fromTrackId: string, toTrackId: string) => ({
          type: 'send',
          id,
          fromTrackId,
          toTrackId,
          gainDb: 0,
          isPreFader: false,
        })
        document.records.push(send('1', 'a', 'b'), send('2', 'b', 'a'))
      }),
    ).toBe('remix_file.send_cycle')
  })

  it('opens a damaged file with what is sound in it and says what was left out', () => {
    expect(
      refused((document) => {
        record(document, 'clip').trackId = 'gone'
      }),
    ).toBe('opened: Left out: a clip without a track.')
    expect(
      refused((document) => {
        document.records = document.records.filter((one) => one.kind !== 'master')
      }),
    ).toContain('The master track was missing')
  })

  it('opens a newer file read-only', () => {
    const document = good()
    document.schemaVersion = REMIX_SCHEMA_VERSION + 1
    document.records.push({ type: 'hologram', id: 'h' })
    expect(unwrap(decodeDocument(JSON.stringify(document)))).toMatchObject({
      isReadOnly: true,
      repairs: ['1 record made by a newer version cannot be shown.'],
    })
  })
})
