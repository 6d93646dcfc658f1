// One stem file over HTTP: ETag, one byte range, If-Range, HEAD-free. The name is a hash, so a range can never mix two versions.
import { createReadStream } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A single range of a `Range` header; undefined where the header asks for nothing we serve (then the whole file goes out). */
export const parseRange = (
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (match[2] !== '' && Number(match[2]) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

/** Sends a file or the part that was asked for. */
export const sendFile = (
  request: FastifyRequest,
  reply: FastifyReply,
  { path, size, sha256, mimeType }: { path: string; size: number; sha256: string; mimeType: string },
): FastifyReply => {
  const etag = `"${sha256}"`
  void reply
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('cache-control', 'private, max-age=31536000, immutable')
    .type(mimeType)
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  const ifRange = request.headers['if-range']
  const range = ifRange !== undefined && ifRange !== etag ? undefined : parseRange(request.headers.range, size)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send()
  if (!range) return reply.header('content-length', size).send(createReadStream(path))
  return reply
    .code(206)
    .header('content-range', `bytes ${range.start}-${range.end}/${size}`)
    .header('content-length', range.end - range.start + 1)
    .send(createReadStream(path, range))
}
