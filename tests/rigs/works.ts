// Works to test with, as a label authors them: tones made here, or the real stems where they are.
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inRoot } from '../../scripts/parts/project.mjs'

/** Folder of the real stems, or undefined where it is not. */
export const material = (name: string): string | undefined => {
  const dir = join(resolve(process.env.STEMMA_MATERIAL ?? inRoot('../shared/material')), name)
  return existsSync(dir) ? dir : undefined
}

export interface ToneStem {
  readonly title: string
  readonly role: string
  readonly hz: number
  /** Struck anew twice a second, so that notes begin; otherwise it swells. */
  readonly isStruck?: boolean
}

export interface ToneOptions {
  readonly seconds: number
  readonly sampleRate?: number
  readonly channels?: 1 | 2
  readonly isStruck?: boolean
}

/** A 16-bit WAV with a slowly swelling tone; no two seconds of it are alike, so that a wrong place in it is heard. */
export const toneWav = (hz: number, { seconds, sampleRate = 48_000, channels = 2, isStruck = false }: ToneOptions): Buffer => {
  const frames = Math.round(seconds * sampleRate)
  const data = Buffer.alloc(frames * channels * 2)
  for (let i = 0; i < frames; i++) {
    const t = i / sampleRate
    const level = isStruck
      ? 0.4 * Math.exp(-5 * (t % 0.5)) * Math.min(1, (t % 0.5) * 500)
      : 0.05 + 0.1 * Math.abs(Math.sin(2 * Math.PI * 0.31 * t + hz))
    const value = Math.round(32_767 * level * Math.sin(2 * Math.PI * hz * t))
    for (let c = 0; c < channels; c++) data.writeInt16LE(c === 0 ? value : -value, (i * channels + c) * 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(sampleRate, 24)
  head.writeUInt32LE(sampleRate * channels * 2, 28)
  head.writeUInt16LE(channels * 2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

export const OPEN_GRANT = {
  licensor: [{ name: 'Tiny Label', sharePermille: 1_000 }],
  validity: { notBefore: '2024-01-01T00:00:00Z', notAfter: '2044-01-01T00:00:00Z' },
  use: { scope: 'commercial', publish: true, commercial: true },
} as const

const STEMS: readonly ToneStem[] = [
  { title: 'Lead', role: 'vocals', hz: 440 },
  { title: 'Kick', role: 'drums', hz: 110 },
  { title: 'Bass', role: 'bass', hz: 82 },
]

export interface ToneWork extends Partial<ToneOptions> {
  readonly title: string
  readonly grant?: Readonly<Record<string, unknown>>
  readonly stems?: readonly ToneStem[]
}

/** Writes an author's folder: WAVs and `work.json`, 120 BPM, 4/4. */
export const authorTones = (dir: string, { title, grant = {}, stems = STEMS, seconds = 5, ...tone }: ToneWork): string => {
  mkdirSync(dir, { recursive: true })
  for (const stem of stems)
    writeFileSync(join(dir, `${stem.title}.wav`), toneWav(stem.hz, { seconds, ...tone, isStruck: stem.isStruck ?? false }))
  const work = {
    title,
    artists: ['The Tones'],
    tempo: 120,
    key: 'A minor',
    meter: '4/4',
    stems: stems.map((stem) => ({ file: `${stem.title}.wav`, title: stem.title, role: stem.role })),
    grant: { ...OPEN_GRANT, ...grant },
  }
  writeFileSync(join(dir, 'work.json'), JSON.stringify(work))
  return dir
}

const roleOf = (name: string): string => {
  if (/vox/.test(name)) return 'vocals'
  if (/bass/.test(name)) return 'bass'
  if (/synth/.test(name)) return 'synth'
  if (/mallet|keys/.test(name)) return 'keys'
  return /microcosm|build|sweep/.test(name) ? 'effects' : 'drums'
}

/** Writes an author's folder around real stems: 90 BPM, 4/4, C major; the audio is linked, not copied. */
export const authorMaterial = (dir: string, source: string, title: string, grant: Readonly<Record<string, unknown>> = {}): string => {
  mkdirSync(dir, { recursive: true })
  const files = readdirSync(source).filter((name) => /\.(m4a|flac)$/.test(name))
  for (const file of files) symlinkSync(join(source, file), join(dir, file))
  const stems = files.map((file) => {
    const name = file.replace(/\.\w+$/, '')
    return { file, title: name, role: roleOf(name) }
  })
  const work = {
    title,
    artists: ['Software-Entwicklungskit'],
    tempo: 90,
    key: 'C major',
    meter: '4/4',
    stems,
    grant: { ...OPEN_GRANT, ...grant },
  }
  writeFileSync(join(dir, 'work.json'), JSON.stringify(work))
  return dir
}
