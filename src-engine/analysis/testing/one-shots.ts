// The CC0 drum samples that made songs play, decoded through the engine's own decoder.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { unwrap } from '../../../src-shared/std/index.ts'
import { ensureDecoded, openDecoded } from '../../files/index.ts'
import { HATS, KICKS, type OneShots, SNARES } from './songs.ts'

/** Decodes every drum the songs use; `cacheDir` keeps them. */
export const loadOneShots = async (cacheDir: string): Promise<OneShots> => {
  const folder = join(dirname(createRequire(import.meta.url).resolve('supersonic-scsynth-samples')), 'samples')
  const sounds = new Map<string, Float32Array>()
  for (const name of [...KICKS, ...SNARES, ...HATS]) {
    const path = join(folder, `${name}.flac`)
    const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
    const source = unwrap(openDecoded(cacheDir, contentSha256))
    const left = new Float32Array(source.lengthFrames)
    const right = new Float32Array(source.lengthFrames)
    source.read(0, source.lengthFrames, left, right)
    source.close()
    let peak = 0
    for (const value of left) peak = Math.max(peak, Math.abs(value))
    let start = 0
    while (start < left.length && Math.abs(left[start]!) < peak / 30) start++
    const end = Math.min(left.length, start + 36_000)
    const sound = left.slice(start, end)
    for (let i = 0; i < sound.length; i++) sound[i] = (sound[i]! / peak) * Math.min(1, (sound.length - i) / 2_400)
    sounds.set(name, sound)
  }
  return (name) => sounds.get(name) ?? new Float32Array(0)
}
