// Tells formats apart by their bytes, never by the file's name, and opens the right reader.
import { basename } from 'node:path'
import { isAdts, openAdts } from './adts-source.ts'
import type { AudioSource } from './audio-source.ts'
import { ascii, FileBytes } from './file-bytes.ts'
import { openFlac } from './flac-source.ts'
import { skipId3 } from './id3-skip.ts'
import { openMp3 } from './mp3-source.ts'
import { openMp4 } from './mp4-source.ts'
import { openOgg } from './ogg-source.ts'
import { audioError } from './problems.ts'
import { openWav } from './wav-source.ts'

export interface OpenAudio extends AudioSource {
  close(): void
}

/** Opens an audio file for streaming. Throws `ProblemError` with an `audio.*` code, or a system error when the file cannot be opened. */
export const openAudio = (path: string): OpenAudio => {
  const name = basename(path)
  const bytes = new FileBytes(path)
  try {
    const source = openByBytes(bytes, name)
    return { ...source, close: () => bytes.close() }
  } catch (thrown) {
    bytes.close()
    throw thrown
  }
}

const openByBytes = (bytes: FileBytes, name: string): AudioSource => {
  if (bytes.size === 0) throw audioError('audio.empty', `"${name}" is empty.`)
  const start = skipId3(bytes, name)
  const head = Uint8Array.from(bytes.peek(start, 12))
  const magic = ascii(head, 0, 4)
  if (magic === 'RIFF' || magic === 'RF64') {
    if (ascii(head, 8, 4) !== 'WAVE') throw audioError('audio.unknown_format', `"${name}" is a RIFF file without sound.`)
    return openWav(bytes, name)
  }
  if (magic === 'fLaC') return openFlac(bytes, start, name)
  if (magic === 'OggS') return openOgg(bytes, start, name)
  if (ascii(head, 4, 4) === 'ftyp' || ascii(head, 4, 4) === 'moov') return openMp4(bytes, name)
  if (isAdts(bytes, start)) return openAdts(bytes, start, name)
  return openMp3(bytes, start, name)
}
