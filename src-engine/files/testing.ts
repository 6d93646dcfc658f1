// What the tests of this folder share: the real stems, a scratch folder, ffmpeg as the outside opinion.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const MATERIAL = process.env.STEMMA_MATERIAL ?? join(import.meta.dirname, '../../../shared/material')
export const hasMaterial = existsSync(join(MATERIAL, 'potassium'))
export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

export const sha256Of = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** A fresh folder and the call that removes it. */
export const scratch = (): { readonly dir: string; readonly remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'stemma-files-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** ffmpeg's own decode, interleaved. */
export const ffmpegDecode = (path: string): Float32Array => {
  const { stdout, status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'f32le', '-'], { maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(String(stderr))
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength))
}

export const ffmpeg = (...args: string[]): void => {
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args])
  if (status !== 0) throw new Error(String(stderr))
}

/** The largest difference between one channel of a stream and the same channel of an interleaved decode. */
export const largestDifference = (planar: Float32Array, interleaved: Float32Array, channel: number, channels: number): number => {
  let largest = 0
  for (let i = 0; i < planar.length; i++) {
    const difference = Math.abs((planar[i] as number) - (interleaved[i * channels + channel] ?? Number.POSITIVE_INFINITY))
    if (!(difference <= largest)) largest = difference
  }
  return largest
}
