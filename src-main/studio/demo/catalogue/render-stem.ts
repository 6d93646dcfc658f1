// One stem from score to FLAC bytes. The same stem gives the same bytes each time on the same machine.
import { finishStem } from './finish-stem.ts'
import { encodeFlac } from './flac-file.ts'
import { seededRandom } from './random.ts'
import { loadSamples, SAMPLE_RATE } from './synthesis/index.ts'
import type { DemoStem, DemoWork } from './work.ts'
import { DEMO_WORKS } from './works/index.ts'

export const findStem = (workId: string, file: string): readonly [DemoWork, DemoStem] => {
  const work = DEMO_WORKS.find((one) => one.id === workId)
  const stem = work?.stems.find((one) => one.file === file)
  if (work === undefined || stem === undefined) throw new Error(`no stem ${workId}/${file}`)
  return [work, stem]
}

/** Renders a stem; 16-bit FLAC at 48 kHz. */
export const renderStem = async (workId: string, file: string, onProgress: (fraction: number) => void = () => {}): Promise<Uint8Array> => {
  const [work, stem] = findStem(workId, file)
  const samples = await loadSamples(stem.samples)
  onProgress(0.1)
  const sound = stem.render({ grid: work.grid, samples, random: seededRandom(`${workId}/${file}`) })
  onProgress(0.75)
  const { left, right } = finishStem(sound, stem.gainDb, `${workId}/${file}/dither`)
  onProgress(0.85)
  return encodeFlac(left, right, SAMPLE_RATE)
}
