// What happens to a file on its way: bytes flipped, tags edited, chunks appended, credentials taken out. Each returns new bytes.

/** Chunks of a RIFF file as [id, start of the body, length of the body]. */
export const riffChunks = (file: Buffer): { readonly id: string; readonly at: number; readonly bytes: number }[] => {
  const chunks = []
  for (let at = 12; at + 8 <= file.length; ) {
    const bytes = file.readUInt32LE(at + 4)
    chunks.push({ id: file.toString('latin1', at, at + 4), at: at + 8, bytes })
    at += 8 + bytes + (bytes % 2)
  }
  return chunks
}

export const flip = (file: Buffer, at: number): Buffer => {
  const copy = Buffer.from(file)
  copy[at] = (copy[at] ?? 0) ^ 0x40
  return copy
}

/** Flips a bit of a sample in the middle of a WAV. */
export const flipSample = (wav: Buffer): Buffer => {
  const data = riffChunks(wav).find(({ id }) => id === 'data')
  if (!data) throw new Error('no data chunk')
  return flip(wav, data.at + Math.floor(data.bytes / 2))
}

/** Writes another text of the same length over the first place where `text` stands. */
export const editText = (file: Buffer, text: string): Buffer => {
  const at = file.indexOf(text)
  if (at < 0) throw new Error(`“${text}” is not in the file`)
  const copy = Buffer.from(file)
  copy.write(text.toUpperCase() === text ? text.toLowerCase() : text.toUpperCase(), at, 'utf8')
  return copy
}

const withRiffSize = (file: Buffer): Buffer => {
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

export const appendChunk = (wav: Buffer, id = 'note', body = Buffer.from('a note slipped in')): Buffer => {
  const head = Buffer.alloc(8)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return withRiffSize(Buffer.concat([wav, head, body, Buffer.alloc(body.length % 2)]))
}

/** The WAV without the chunks named. */
export const withoutChunks = (wav: Buffer, names: readonly string[]): Buffer =>
  withRiffSize(
    Buffer.concat([
      wav.subarray(0, 12),
      ...riffChunks(wav)
        .filter(({ id }) => !names.includes(id))
        .map(({ at, bytes }) => wav.subarray(at - 8, at + bytes + (bytes % 2))),
    ]),
  )
