// Audio the benchmarks work on: dense stems of any number and length made by code (so that silence skipping helps nobody), and the real
// song where it lies beside the checkout.
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'

const RATE = 48_000

/** Folder for what benchmarks make; kept between runs. */
export const scratchDir = (): string => {
  const dir = resolve(process.env.STEMMA_CACHE ?? join(import.meta.dirname, '../.cache'), 'bench')
  mkdirSync(dir, { recursive: true })
  return dir
}

/** The real song's folder, or undefined where it is not there. */
export const potassiumDir = (): string | undefined => {
  const dir = join(process.env.STEMMA_MATERIAL ?? join(import.meta.dirname, '../../shared/material'), 'potassium')
  return existsSync(dir) ? dir : undefined
}

export const potassiumStems = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.m4a'))
    .sort()
    .map((name) => join(dir, name))

/** A 16-bit stereo WAV at 48 kHz: a chord of decaying notes over filtered noise, different for each `seed`, never silent. */
export const denseStem = (seed: number, seconds: number): string => {
  const path = join(scratchDir(), `dense-${seed}-${seconds}s.wav`)
  if (existsSync(path)) return path
  const frames = RATE * seconds
  const bytes = frames * 4
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(2, 22)
  header.writeUInt32LE(RATE, 24)
  header.writeUInt32LE(RATE * 4, 28)
  header.writeUInt16LE(4, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  const file = openSync(`${path}.tmp`, 'w')
  writeSync(file, header)
  let state = (seed + 1) * 2654435761
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
  const base = 55 * 2 ** ((seed * 5) / 12)
  let left = 0
  let right = 0
  const block = Buffer.alloc(RATE * 4)
  for (let start = 0; start < frames; start += RATE) {
    for (let i = 0; i < RATE; i++) {
      const t = (start + i) / RATE
      const beat = (t * 2 + seed * 0.25) % 1
      const envelope = Math.exp(-3 * beat)
      const tone =
        Math.sin(2 * Math.PI * base * t) + 0.5 * Math.sin(2 * Math.PI * base * 2.5 * t) + 0.25 * Math.sin(2 * Math.PI * base * 6 * t)
      left += 0.2 * (random() - left)
      right += 0.2 * (random() - right)
      block.writeInt16LE(Math.round(5_000 * (tone * envelope * 0.6 + left)), i * 4)
      block.writeInt16LE(Math.round(5_000 * (tone * envelope * 0.5 + right)), i * 4 + 2)
    }
    writeSync(file, block)
  }
  closeSync(file)
  renameSync(`${path}.tmp`, path)
  return path
}
