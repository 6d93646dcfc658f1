// The real song as a work, its stems decoded into a cache.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeDecodePool, ensureDecoded } from '../../src-engine/files/index.ts'
import type { createRemix } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'

/** `paths` are those of the work's stems, in their order. */
export const potassiumWork = async (
  folder: string,
  cacheDir: string,
): Promise<{ readonly paths: readonly string[]; readonly work: Parameters<typeof createRemix>[0] }> => {
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith('.m4a'))
    .map((name) => join(folder, name))
  const stems = await Promise.all(
    paths.map(async (path, i) => {
      const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
      const { lengthFrames, channels } = unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
      return {
        id: `urn:stem:${i}`,
        title: path,
        role: 'other' as const,
        contentSha256,
        sampleRate: 48_000,
        channels,
        lengthFrames,
        isrc: null,
      }
    }),
  )
  await closeDecodePool()
  const work = {
    id: 'urn:work',
    title: 'Potassium',
    artists: [],
    milliBpm: 90_000,
    key: null,
    meter: { numerator: 4, denominator: 4 },
    sections: [],
    stems,
  }
  return { paths, work }
}
