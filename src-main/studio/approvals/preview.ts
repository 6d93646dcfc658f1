// What the artist hears: the remix as it would be exported, and the work as it was released, rendered by the engine that exports. The hash of the sound
// comes from that same render, so that a yes is to exactly what the export will be.
import { createHash, randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApprovalAudio } from '../../../src-shared/approvals/index.ts'
import { MAX_AUDIO_BYTES } from '../../../src-shared/approvals/index.ts'
import type { EngineClient, ExportReply, StemFile } from '../../../src-shared/protocol/index.ts'
import type { FrameRange } from '../../../src-shared/provenance/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { stemFilesOf } from '../stem-files.ts'
import type { ApprovalAudioFiles } from './audio.ts'

export interface PreviewTools {
  readonly engine: EngineClient
  readonly audio: ApprovalAudioFiles
  readonly tempDir: string
  /** Where stems lie on disk; undefined for one that is not there. */
  readonly stemFile: (stemId: string) => StemFile | undefined
}

export interface PreviewOrder {
  readonly plan: RenderPlan
  readonly title: string
  readonly range: FrameRange | null
  readonly loudnessTargetLufs: number | null
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((fraction: number, label: string) => void) | undefined
}

export interface Preview {
  readonly audio: ApprovalAudio
  /** `sha256:…` of the rendered master. */
  readonly pcmSha256: string
  readonly durationMs: number
}

/** Renders a plan into a small file under its own hash. Codes: `export.*`, `stem.*`, `audio.*`, `encode.*`, `disk.*`, `approval.too_long`. */
export const renderPreview = async (tools: PreviewTools, order: PreviewOrder): Promise<Result<Preview>> => {
  const { engine, audio, tempDir } = tools
  const formats = await engine.request('engine.formats', {})
  if (!formats.ok) return formats
  const isMp3 = formats.value.some(({ format, isAvailable }) => format === 'mp3' && isAvailable)
  const stems = stemFilesOf(order.plan, tools.stemFile)
  if (!stems.ok) return stems
  const path = join(tempDir, `${randomUUID()}.${isMp3 ? 'mp3' : 'flac'}`)
  try {
    const rendered: Result<ExportReply> = await engine.request(
      'export.run',
      {
        plan: order.plan,
        stems: stems.value.map(({ path, contentSha256, name }) => ({ path, contentSha256, name })),
        range: order.range,
        loudnessTargetLufs: order.loudnessTargetLufs,
        threads: order.threads,
        outputs: [
          {
            path,
            format: isMp3 ? 'mp3' : 'flac16',
            trackId: null,
            tags: { title: order.title, artist: '', comment: 'Preview for approval; not licensed for use.' },
          },
        ],
      },
      {
        ...(order.signal ? { signal: order.signal } : {}),
        onProgress: ({ fraction }) => order.onProgress?.(fraction, `Rendering ${order.title}`),
      },
    )
    if (!rendered.ok) return order.signal?.aborted ? fail('approval.cancelled', 'It was not submitted. Nothing was kept.') : rendered
    const bytes = await readFile(path)
    if (bytes.length > MAX_AUDIO_BYTES)
      return fail('approval.too_long', 'The preview is larger than 64 MB. Submit a shorter stretch of the remix.')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const stored = await audio.put(sha256, [bytes])
    if (!stored.ok) return stored
    const { loudness, durationFrames, pcmSha256 } = rendered.value
    const durationMs = Math.round(durationFrames / 48)
    const centiLufs = loudness.integratedLufs === null ? null : Math.round(loudness.integratedLufs * 100)
    return ok({
      audio: { sha256, bytes: bytes.length, mimeType: isMp3 ? 'audio/mpeg' : 'audio/flac', durationMs, centiLufs },
      pcmSha256: `sha256:${pcmSha256}`,
      durationMs,
    })
  } finally {
    await rm(path, { force: true })
  }
}
