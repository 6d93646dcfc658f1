// Decoded audio stays within its bound: what a remix has open never goes, and closing the program tidies too.
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../../src-shared/std/index.ts'
import { createNodeProcessHost, fileSecretBox, openStudio } from '../index.ts'

const homeDir = mkdtempSync(join(tmpdir(), 'stemma-trim-'))
afterAll(() => rmSync(homeDir, { recursive: true, force: true }))

describe('decoded audio', () => {
  it('is held to its cap, but for what is in use; again when the program ends', async () => {
    const studio = unwrap(await openStudio({ homeDir, serviceUrl: null, host: createNodeProcessHost(), secrets: fileSecretBox }))
    const [open, other, lately] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string]
    const pathOf = (sha: string): string => join(studio.home.pcmCache, `${sha}-1.pcm`)
    const isThere = (): boolean[] => [open, other, lately].map((sha) => existsSync(pathOf(sha)))
    for (const sha of [open, other, lately]) {
      writeFileSync(pathOf(sha), Buffer.alloc(1_000))
      if (sha !== lately) utimesSync(pathOf(sha), 1_000, 1_000)
    }
    studio.works.trimDecoded()
    expect(isThere()).toEqual([true, true, true])
    studio.library.setSetting('decoded.capBytes', '1000')
    studio.works.inUse = () => [open]
    studio.works.trimDecoded()
    expect(isThere()).toEqual([true, false, true])
    studio.works.inUse = () => []
    await studio.close()
    expect(isThere()).toEqual([false, false, true])
  })
})
