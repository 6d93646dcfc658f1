import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../src-shared/std/index.ts'
import { readTags } from './index.ts'
import { riffChunk } from './tags-riff.ts'
import { scratch } from './testing.ts'

const { dir, remove } = scratch()
afterAll(remove)

/** A short WAV with a RIFF INFO list and no other tags, as other programs write it. */
const wavWith = (name: string, entries: readonly (readonly [string, Buffer])[], before: readonly Buffer[] = []): string => {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(48_000, 4)
  format.writeUInt32LE(96_000, 8)
  format.writeUInt16LE(2, 12)
  format.writeUInt16LE(16, 14)
  const info = Buffer.concat([Buffer.from('INFO'), ...entries.map(([id, text]) => riffChunk(id, Buffer.concat([text, Buffer.from([0])])))])
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    riffChunk('fmt ', format),
    ...before,
    riffChunk('LIST', info),
    riffChunk('data', Buffer.alloc(960)),
  ])
  const path = join(dir, name)
  writeFileSync(path, riffChunk('RIFF', body))
  return path
}

describe('RIFF INFO', () => {
  it('is read as UTF-8 where it is that, and as Windows wrote it where it is not', async () => {
    const utf8 = wavWith('utf8.wav', [
      ['INAM', Buffer.from('夜 für Zoë')],
      ['ICOP', Buffer.from('© 2026 Tiny Label')],
    ])
    expect(unwrap(await readTags(utf8))).toMatchObject({ title: '夜 für Zoë', rights: '© 2026 Tiny Label' })
    // "© 2026 Zoë – €" in Windows-1252: no valid UTF-8.
    const windows = wavWith('windows.wav', [['ICOP', Buffer.from('\xa9 2026 Zo\xeb \x96 \x80', 'latin1')]])
    expect(unwrap(await readTags(windows))).toMatchObject({ rights: '© 2026 Zoë – €' })
  })

  it('is left as it was declared where it was', async () => {
    const declared = riffChunk('CSET', Buffer.from([0xe9, 0xfd, 0, 0, 0, 0, 0, 0]))
    const path = wavWith('declared.wav', [['ICOP', Buffer.from('© 2026 夜')]], [declared])
    expect(unwrap(await readTags(path))).toMatchObject({ rights: '© 2026 夜' })
  })
})
