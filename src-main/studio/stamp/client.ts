// The studio's side of the signing process: starts it when first needed, keeps it for the next file of the same job, survives its death.
import { access, rm } from 'node:fs/promises'
import { fail, type Disposable, type Result } from '../../../src-shared/std/index.ts'
import type { ChildPort, ProcessHost } from '../process-host/index.ts'
import type { SignerCall, SignerReply } from './messages.ts'
import type { InspectRequest, Inspection, SealStemRequest, StampedFile, StampRequest, StampStem } from './request.ts'

/** Signs and inspects in a process of its own. Calls queue; stems that did not change are checked once for as long as it lives. */
export interface Signer extends Disposable {
  /** Starts the process and checks stems ahead of the stamp, while a render still runs: a bad stem is refused early, a good one not read again. */
  prepare(stems: readonly StampStem[], anchors: readonly string[]): Promise<Result<null>>
  stamp(request: StampRequest): Promise<Result<StampedFile>>
  seal(request: SealStemRequest): Promise<Result<StampedFile>>
  /** The C2PA library's verdict, and the tags. A file that kills or stalls the library is `unreadable`. */
  inspect(request: InspectRequest): Promise<Inspection>
  /** Hash of a lossless file's decoded samples, hex; null where it has none. Here too because decoders meet hostile files. */
  hashSound(path: string): Promise<string | null>
  /** Acoustic fingerprint at query density (docs/formats/fingerprint.md); null for a file that cannot be decoded. */
  fingerprint(path: string): Promise<Uint32Array | null>
}

/** A hostile file must not hold a verification for ever; an honest one of 2 GB takes half a minute. */
const INSPECT_TIMEOUT_MS = 180_000

const crashed: { readonly ok: false; readonly error: { readonly code: string; readonly message: string } } = fail(
  'stamp.signer_crashed',
  'The signing process ended unexpectedly, probably for lack of memory. No file was made. Close other programs and export again.',
)

export const createSigner = (host: ProcessHost): Signer => {
  let child: ChildPort | undefined
  let isDisposed = false
  let nextId = 1
  const waiting = new Map<number, (reply: SignerReply | null) => void>()

  const start = (): ChildPort => {
    const started = host.fork('signer', { title: 'Stemma signer' })
    started.onMessage((message) => {
      const reply = message as SignerReply
      waiting.get(reply.id)?.(reply)
    })
    started.onExit(() => {
      if (child === started) child = undefined
      for (const settle of [...waiting.values()]) settle(null)
    })
    return started
  }

  const ask = (call: SignerCall['call'], timeoutMs: number | null): Promise<SignerReply | null> => {
    if (isDisposed) return Promise.resolve(null)
    child ??= start()
    const port = child
    const id = nextId++
    return new Promise((resolve) => {
      const timer = timeoutMs === null ? undefined : setTimeout(() => port.kill(), timeoutMs)
      waiting.set(id, (reply) => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(reply)
      })
      port.postMessage({ id, call } satisfies SignerCall)
    })
  }

  const sign = async (call: Extract<SignerCall['call'], { readonly op: 'stamp' | 'seal' }>): Promise<Result<StampedFile>> => {
    const { outputPath } = call.request
    const wasThere = await access(outputPath).then(
      () => true,
      () => false,
    )
    const reply = await ask(call, null)
    if (reply?.op === call.op) return reply.result
    // A crash may leave a half-written output; what was there before the call is not ours to remove.
    if (!wasThere) await rm(outputPath, { force: true })
    return crashed
  }

  return {
    prepare: async (stems, anchors) => {
      const reply = await ask({ op: 'prepare', request: { stems, anchors } }, null)
      return reply?.op === 'prepare' ? reply.result : crashed
    },
    stamp: (request) => sign({ op: 'stamp', request }),
    seal: (request) => sign({ op: 'seal', request }),
    inspect: async (request) => {
      const reply = await ask({ op: 'inspect', request }, INSPECT_TIMEOUT_MS)
      if (reply?.op === 'inspect') return reply.inspection
      const reason = 'the reader of content credentials gave up on this file'
      return { verdict: { state: 'unreadable', activeManifest: null, failures: [], signedAt: null, reason }, tags: [] }
    },
    hashSound: async (path) => {
      const reply = await ask({ op: 'hash-sound', request: { path } }, INSPECT_TIMEOUT_MS)
      return reply?.op === 'hash-sound' ? reply.sha256 : null
    },
    fingerprint: async (path) => {
      const reply = await ask({ op: 'fingerprint', request: { path } }, INSPECT_TIMEOUT_MS)
      return reply?.op === 'fingerprint' ? reply.words : null
    },
    dispose: () => {
      isDisposed = true
      child?.kill()
    },
  }
}
