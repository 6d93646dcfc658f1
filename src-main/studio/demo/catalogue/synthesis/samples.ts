// The CC0 sample library, decoded on demand. Decoding needs no sound card: an offline context at the files' own rate, so nothing is resampled.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A decoded sample; mono ones have the same array twice. */
export interface Sample {
  readonly name: string
  readonly left: Float32Array
  readonly right: Float32Array
  readonly sampleRate: number
  /** Frame at which the sound begins: where it first reaches a fiftieth of its peak. */
  readonly onset: number
  readonly peak: number
}

export type Samples = (name: string) => Sample

const LIBRARY_RATE = 44_100

/** Folder of the sample files. */
export const samplesFolder = (): string => join(dirname(createRequire(import.meta.url).resolve('supersonic-scsynth-samples')), 'samples')

/** Decodes the named samples; the answer throws for any other name. */
export const loadSamples = async (names: readonly string[]): Promise<Samples> => {
  // Loaded late: every command reads this file, few render the demo.
  const { OfflineAudioContext } = await import('node-web-audio-api')
  const context = new OfflineAudioContext(1, 1, LIBRARY_RATE)
  const loaded = new Map<string, Sample>()
  for (const name of names) {
    const bytes = await readFile(join(samplesFolder(), `${name}.flac`))
    const audio = await context.decodeAudioData(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
    const left = audio.getChannelData(0).slice()
    const right = audio.numberOfChannels > 1 ? audio.getChannelData(1).slice() : left
    let peak = 0
    for (let n = 0; n < left.length; n++) peak = Math.max(peak, Math.abs(left[n] as number), Math.abs(right[n] as number))
    let onset = 0
    while (onset < left.length && Math.max(Math.abs(left[onset] as number), Math.abs(right[onset] as number)) < peak / 50) onset++
    loaded.set(name, { name, left, right, sampleRate: audio.sampleRate, onset, peak })
  }
  return (name) => {
    const sample = loaded.get(name)
    if (sample === undefined) throw new Error(`sample not listed by its stem: ${name}`)
    return sample
  }
}
