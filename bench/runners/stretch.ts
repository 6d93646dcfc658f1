// Decodes one WAV, bends it by a ratio (and cents) and keeps it in the cache, as the app does before a clip plays. Arguments: WAV, cache folder, ratio, cents.
// Prints the milliseconds of the bending alone.
import { rmSync } from 'node:fs'
import { decodeFile } from '../../src-engine/files/decode-file.ts'
import { deriveSound } from '../../src-engine/derive/derive-sound.ts'
import { openDecoded } from '../../src-engine/files/index.ts'

const [, , path = '', dir = '', ratio = '1.25', cents = '0'] = process.argv
const contentSha256 = 'a'.repeat(64)
rmSync(dir, { recursive: true, force: true })
await decodeFile({ path, contentSha256, cacheDir: dir }, { onProgress: () => {}, isCancelled: () => false })
const opened = openDecoded(dir, contentSha256)
if (!opened.ok) throw new Error(opened.error.message)
const { lengthFrames } = opened.value
opened.value.close()
const start = performance.now()
await deriveSound(
  {
    from: { dir, key: contentSha256 },
    to: { dir, key: 'b'.repeat(64) },
    step: {
      kind: 'warp',
      warp: {
        anchors: [
          [0, 0],
          [lengthFrames, Math.round(lengthFrames * Number(ratio))],
        ],
        cents: Number(cents),
        keepsFormants: false,
      },
    },
  },
  { signal: new AbortController().signal, isCancelled: () => false, onProgress: () => {} },
)
process.stdout.write(`${performance.now() - start}\n`)
rmSync(dir, { recursive: true, force: true })
