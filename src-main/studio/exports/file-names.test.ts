import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePath, safeFileName } from './file-names.ts'

describe('file names of exports', () => {
  it.each([
    ['A/B: the "best"?', 'A-B- the -best-'],
    ['../../etc/passwd', '-..-etc-passwd'],
    ['CON', 'Remix CON'],
    ['   ', 'Remix'],
    ['Träume im Café', 'Träume im Café'],
  ])('makes %j a name that every platform takes', (title, name) => {
    expect(safeFileName(title)).toBe(name)
  })

  it('never takes a name that is there', () => {
    const dir = mkdtempSync(join(tmpdir(), 'stemma-names-'))
    writeFileSync(join(dir, 'Song.wav'), '')
    expect(freePath(dir, 'Song', '.wav')).toBe(join(dir, 'Song (2).wav'))
    expect(freePath(dir, 'Song', '.wav', { taken: new Set([join(dir, 'Song (2).wav')]) })).toBe(join(dir, 'Song (3).wav'))
    expect(freePath(dir, 'Song', '.mp3')).toBe(join(dir, 'Song.mp3'))
    expect(freePath(dir, 'Song', '.mp3', { beside: ['.wav'] })).toBe(join(dir, 'Song (2).mp3'))
    rmSync(dir, { recursive: true })
  })
})
