// Entry of the signing process. One request after another: the library needs about twice the file in memory, so two at a time would need four.
import { parentPort } from '../process-host/index.ts'
import { inspect } from './library.ts'
import type { SignerCall, SignerReply } from './messages.ts'
import { sealStem, stampAsset } from './stamp-asset.ts'
import { StemChecker } from './stem-check.ts'
import { readTags } from './tags.ts'

const port = parentPort()
const stems = new StemChecker()

const answer = async ({ id, call }: SignerCall): Promise<SignerReply> => {
  switch (call.op) {
    case 'prepare':
      return { id, op: 'prepare', result: await stems.check(call.request.stems, call.request.anchors, Date.now()) }
    case 'stamp':
      return { id, op: 'stamp', result: await stampAsset(call.request, stems) }
    case 'seal':
      return { id, op: 'seal', result: await sealStem(call.request) }
    case 'inspect':
      return {
        id,
        op: 'inspect',
        inspection: { verdict: await inspect(call.request), tags: await readTags(call.request.path, call.request.mimeType) },
      }
    case 'hash-sound': {
      // Decoders load only when a file has nothing to say about itself.
      const { hashFilePcm } = await import('../../../src-engine/files/index.ts')
      const hashed = await hashFilePcm(call.request.path)
      return { id, op: 'hash-sound', sha256: hashed.ok ? hashed.value : null }
    }
    case 'fingerprint': {
      const { fingerprintFile } = await import('../../../src-engine/files/index.ts')
      const made = await fingerprintFile(call.request.path)
      return { id, op: 'fingerprint', words: made.ok ? made.value : null }
    }
  }
}

let queue: Promise<void> = Promise.resolve()
port.onMessage((message) => {
  queue = queue.then(async () => port.postMessage(await answer(message as SignerCall)))
})
