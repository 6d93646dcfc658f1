// M4A through the user's own ffmpeg, fed by pipe: no AAC encoder with a fitting licence can be shipped. Length and tags are then set exactly.
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { type AudioEncoderSink, type EncodedInfo, type EncodeRequest, MIME_TYPES } from './encoder.ts'
import { patchMp4 } from './mp4-patch.ts'
import { encodeProblem, takenProblem } from './part-file.ts'
import { checkTags } from './tag-set.ts'
import { buildMp4Metadata } from './tags-mp4.ts'

const STDERR_LIMIT = 4_000
const BATCH_FRAMES = 16_384

/** The first ffmpeg on the PATH, or undefined. */
export const findFfmpeg = (): string | undefined => {
  const names = process.platform === 'win32' ? ['ffmpeg.exe'] : ['ffmpeg']
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name)
      try {
        accessSync(path, constants.X_OK)
        if (folder !== '' && statSync(path).isFile()) return path
      } catch {
        // Not here; look on.
      }
    }
  }
  return undefined
}

const encoders = new Map<string, Promise<boolean>>()

/** Whether that ffmpeg can encode AAC; asked once per path. */
export const hasAacEncoder = (ffmpeg: string): Promise<boolean> => {
  const known = encoders.get(ffmpeg)
  if (known) return known
  const asked = new Promise<boolean>((resolve) => {
    const child = spawn(ffmpeg, ['-hide_banner', '-encoders'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
    let text = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (part: string) => {
      if (text.length < 1_000_000) text += part
    })
    child.on('error', () => resolve(false))
    child.on('close', () => resolve(/^\s*A\S*\s+aac\s/m.test(text)))
  })
  encoders.set(ffmpeg, asked)
  return asked
}

export const NO_FFMPEG = 'M4A needs an ffmpeg with its AAC encoder on your PATH, and none was found. Install ffmpeg, or export FLAC or MP3.'

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.on('error', () => resolve(-1))
    child.on('close', (code) => resolve(code ?? -1))
  })

export const createM4aEncoder = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  const ffmpeg = findFfmpeg()
  if (!ffmpeg || !(await hasAacEncoder(ffmpeg))) return fail('encode.no_ffmpeg', NO_FFMPEG)
  if (existsSync(request.path)) return { ok: false, error: takenProblem(request.path) }
  const input = ['-f', 'f32le', '-ar', String(request.sampleRate), '-ac', '2', '-i', 'pipe:0']
  const output = [
    '-map_metadata',
    '-1',
    '-fflags',
    '+bitexact',
    '-flags:a',
    '+bitexact',
    '-c:a',
    'aac',
    '-b:a',
    `${request.m4aKbps ?? 256}k`,
    '-f',
    'ipod',
    '-n',
    request.path,
  ]
  const child = spawn(ffmpeg, ['-v', 'error', '-hide_banner', ...input, ...output], { stdio: ['pipe', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_LIMIT)
  })
  const exit = exitOf(child)
  let hasEnded = false
  void exit.then(() => {
    hasEnded = true
  })
  // A broken pipe shows up again as ffmpeg's exit code, with its reason.
  child.stdin.on('error', () => {})
  let batch = new Float32Array(BATCH_FRAMES * 2)
  let batched = 0
  let frames = 0
  let draining: Promise<void> | undefined
  const drain = (): Promise<void> | undefined => {
    const part = Buffer.from(batch.buffer, 0, batched * 8)
    batch = new Float32Array(BATCH_FRAMES * 2)
    batched = 0
    if (hasEnded || child.stdin.write(part)) return undefined
    draining ??= new Promise<void>((resolve) => {
      child.stdin.once('drain', resolve)
      void exit.then(() => resolve())
    }).then(() => {
      draining = undefined
    })
    return draining
  }
  const remove = (): void => rmSync(request.path, { force: true })
  const sink: AudioEncoderSink = {
    write(left, right, count) {
      let wait: Promise<void> | undefined
      for (let done = 0; done < count; ) {
        const part = Math.min(BATCH_FRAMES - batched, count - done)
        for (let i = 0; i < part; i++) {
          batch[(batched + i) * 2] = left[done + i] as number
          batch[(batched + i) * 2 + 1] = right[done + i] as number
        }
        batched += part
        done += part
        if (batched === BATCH_FRAMES) wait = drain() ?? wait
      }
      frames += count
      return wait
    },
    finish: async ({ tags }): Promise<Result<EncodedInfo>> => {
      const checked = checkTags(tags)
      if (!checked.ok) {
        await sink.abort()
        return checked
      }
      if (batched > 0) await drain()
      child.stdin.end()
      const code = await exit
      try {
        if (code !== 0) {
          remove()
          const isFull = /no space left/i.test(errors)
          if (isFull) return { ok: false, error: encodeProblem(Object.assign(new Error('full'), { code: 'ENOSPC' }), request.path) }
          return fail('encode.ffmpeg_failed', 'Your ffmpeg stopped while it made the M4A. Export FLAC or MP3, or update ffmpeg.', {
            code,
            stderr: errors.replaceAll(request.path, 'the file').trim(),
          })
        }
        const bytes = patchMp4(request.path, { frames, timescale: request.sampleRate, metadata: buildMp4Metadata(checked.value) })
        return ok({ format: 'm4a', mimeType: MIME_TYPES.m4a, path: request.path, bytes, frames, pcmSha256: null })
      } catch (thrown) {
        remove()
        return { ok: false, error: encodeProblem(thrown, request.path) }
      }
    },
    abort: async () => {
      child.kill('SIGKILL')
      await exit
      remove()
    },
  }
  return ok(sink)
}
