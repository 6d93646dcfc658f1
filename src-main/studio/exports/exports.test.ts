import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePath, safeFileName } from './file-names.ts'
import { recoverStaged, StagedExports } from './staged.ts'

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
    expect(freePath(dir, 'Song', '.wav', new Set([join(dir, 'Song (2).wav')]))).toBe(join(dir, 'Song (3).wav'))
    rmSync(dir, { recursive: true })
  })
})

describe('exports that a power cut interrupted', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-staged-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const stage = async (content: string | null) => {
    const exports = new StagedExports(join(dir, 'staged'))
    const receiptId = randomUUID()
    const partPath = join(dir, 'Song.wav.part')
    const finalPath = join(dir, 'Song.wav')
    if (content !== null) writeFileSync(partPath, content)
    await exports.put({ receiptId, partPath, finalPath, sha256: createHash('sha256').update('finished').digest('hex') })
    return { exports, receiptId, partPath, finalPath }
  }

  it('get their name where the receipt was written', async () => {
    const { exports, finalPath } = await stage('finished')
    expect(await recoverStaged(exports, () => true)).toMatchObject([{ outcome: 'finished' }])
    expect(existsSync(finalPath)).toBe(true)
    expect(await exports.list()).toEqual([])
  })

  it('leave nothing where there is no receipt', async () => {
    const { exports, partPath, finalPath } = await stage('finished')
    expect(await recoverStaged(exports, () => false)).toMatchObject([{ outcome: 'removed' }])
    expect(existsSync(partPath) || existsSync(finalPath)).toBe(false)
  })

  it('are told as lost where the part is gone or damaged, and a foreign file of that name stays', async () => {
    const { exports, partPath, finalPath } = await stage('half')
    writeFileSync(finalPath, 'somebody else’s')
    expect(await recoverStaged(exports, () => true)).toMatchObject([{ outcome: 'lost' }])
    expect(existsSync(partPath)).toBe(false)
    expect(existsSync(finalPath)).toBe(true)
  })
})
