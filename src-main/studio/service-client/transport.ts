// HTTP to the rights service: one origin, no redirects, every reply bounded in size and time. Whatever goes wrong becomes a sentence.
import { isIP } from 'node:net'
import type { z } from 'zod'
import { problemReplySchema } from '../../../src-shared/protocol/index.ts'
import { fail, ok } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'

const MIB = 1024 * 1024
export const MAX_REPLY_BYTES = 64 * MIB
const REPLY_TIMEOUT_MS = 20_000
/** A download that brings nothing for this long is given up; it can be resumed. */
const STALL_MS = 30_000

/** Whether an address is this computer. */
export const isLoopback = (url: string): boolean => {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

const isLinkLocal = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '')
  return (
    isIP(bare) !== 0 &&
    (/^169\.254\./.test(bare) || /^fe[89ab]/i.test(bare) || /^::ffff:a9fe:/i.test(bare) || bare === '0.0.0.0' || bare === '::')
  )
}

/** Checks the address of a service. Codes: `service.bad_url`, `service.insecure`. Returns the origin. */
export const checkServiceUrl = (text: string): Result<string> => {
  const bad = fail(
    'service.bad_url',
    `“${text.slice(0, 200)}” is not the address of a rights service. It looks like https://rights.example.`,
  )
  if (!URL.canParse(text)) return bad
  const url = new URL(text)
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '' || isLinkLocal(url.hostname))
    return bad
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return bad
  if (url.protocol === 'http:' && !isLoopback(text))
    return fail(
      'service.insecure',
      `${url.origin} is not encrypted, so grants and receipts could be read or changed on the way. Use its https address.`,
    )
  return ok(url.origin)
}

export interface TransportOptions {
  readonly origin: string
  readonly token: () => string | undefined
  readonly timeoutMs?: number
}

export interface CallOptions<T> {
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
  readonly schema: z.ZodType<T>
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
}

const reasonOf = (error: unknown): string => {
  const cause = (error as { cause?: { code?: unknown } }).cause
  return typeof cause?.code === 'string' ? cause.code : error instanceof Error ? error.name : 'unknown'
}

export class Transport {
  readonly origin: string
  readonly #token: () => string | undefined
  readonly #timeoutMs: number
  constructor({ origin, token, timeoutMs = REPLY_TIMEOUT_MS }: TransportOptions) {
    this.origin = origin
    this.#token = token
    this.#timeoutMs = timeoutMs
  }

  async #fetch(path: string, init: RequestInit): Promise<Result<Response>> {
    const token = this.#token()
    const headers = {
      'accept-encoding': 'identity',
      ...(init.headers as Record<string, string>),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    }
    let reply: Response
    try {
      reply = await fetch(this.origin + path, { ...init, headers, redirect: 'manual' })
    } catch (error) {
      const isTimeout = (error as Error)?.name === 'TimeoutError'
      return fail(
        isTimeout ? 'service.timeout' : 'service.unreachable',
        isTimeout
          ? `The rights service at ${this.origin} did not answer in time. What you made is kept; it will be tried again.`
          : `The rights service at ${this.origin} cannot be reached. Check the connection; what you made is kept and will be sent later.`,
        { reason: reasonOf(error) },
      )
    }
    if (reply.type === 'opaqueredirect' || (reply.status >= 300 && reply.status < 400 && reply.status !== 304)) {
      await reply.body?.cancel().catch(() => {})
      return fail(
        'service.redirect',
        `The rights service at ${this.origin} tried to send the app to another address. It was not followed; check the address of the service.`,
      )
    }
    return ok(reply)
  }

  async #read(reply: Response, maxBytes: number): Promise<Result<string>> {
    const tooLarge = fail(
      'service.bad_reply',
      `The rights service at ${this.origin} sent far more than it should. It was not read; tell whoever runs it.`,
    )
    if (Number(reply.headers.get('content-length') ?? 0) > maxBytes) {
      await reply.body?.cancel().catch(() => {})
      return tooLarge
    }
    const chunks: Uint8Array[] = []
    let length = 0
    try {
      for await (const chunk of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
        length += chunk.length
        if (length > maxBytes) return tooLarge
        chunks.push(chunk)
      }
    } catch (error) {
      return fail(
        'service.unreachable',
        `The connection to the rights service at ${this.origin} broke off. What you made is kept; it will be tried again.`,
        { reason: reasonOf(error) },
      )
    }
    return ok(Buffer.concat(chunks).toString('utf8'))
  }

  #problem(status: number, text: string): Result<never> {
    try {
      const problem = problemReplySchema.parse(JSON.parse(text))
      return fail(problem.code, problem.message, { ...problem.details, status })
    } catch {
      return fail(
        'service.failed',
        `The rights service at ${this.origin} answered with an error (${status}). Nothing was lost; it will be tried again.`,
        { status },
      )
    }
  }

  /** One JSON request; the reply is decoded by its schema before anything else sees it. */
  async call<T>(path: string, { method = 'GET', body, schema, signal, headers = {} }: CallOptions<T>): Promise<Result<T>> {
    const text = await this.text(path, {
      method,
      signal,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!text.ok) return text
    try {
      return ok(schema.parse(JSON.parse(text.value)))
    } catch {
      return fail(
        'service.bad_reply',
        `The rights service at ${this.origin} sent a reply that is not what it should be. It was not used; update Stemma or tell whoever runs the service.`,
      )
    }
  }

  /** One request whose reply is taken as text. */
  async text(
    path: string,
    {
      timeoutMs = this.#timeoutMs,
      ...init
    }: {
      timeoutMs?: number
      method?: string
      signal?: AbortSignal | undefined
      headers?: Record<string, string>
      body?: BodyInit
      duplex?: 'half'
    },
  ): Promise<Result<string>> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
    const reply = await this.#fetch(path, { ...init, signal } as RequestInit)
    if (!reply.ok) return reply
    const text = await this.#read(reply.value, MAX_REPLY_BYTES)
    if (!text.ok || reply.value.ok) return text
    return this.#problem(reply.value.status, text.value)
  }

  /**
   * Opens a file from `offset` on. The body ends with an error if nothing arrives for 30 s; `offset` of the reply is 0 where the service could not resume.
   * Codes as `call`, and `service.bad_reply` for a range that was not asked for.
   */
  async download(
    path: string,
    { offset, etag, signal }: { readonly offset: number; readonly etag: string; readonly signal: AbortSignal },
  ): Promise<Result<{ readonly offset: number; readonly body: AsyncIterable<Uint8Array> }>> {
    const stalled = new AbortController()
    let timer = setTimeout(() => stalled.abort(), this.#timeoutMs)
    const combined = AbortSignal.any([signal, stalled.signal])
    const headers = offset > 0 ? { range: `bytes=${offset}-`, 'if-range': etag } : {}
    const reply = await this.#fetch(path, { headers, signal: combined })
    clearTimeout(timer)
    if (!reply.ok) return reply
    const { status, body } = reply.value
    if (status !== 200 && status !== 206) {
      const text = await this.#read(reply.value, MIB)
      return text.ok ? this.#problem(status, text.value) : text
    }
    const range = /^bytes (\d+)-/.exec(reply.value.headers.get('content-range') ?? '')
    const start = status === 206 ? Number(range?.[1] ?? Number.NaN) : 0
    if (!body || (start !== 0 && start !== offset) || Number.isNaN(start)) {
      await body?.cancel().catch(() => {})
      return fail(
        'service.bad_reply',
        `The rights service at ${this.origin} sent another part of the file than was asked for. It was not used; try again.`,
      )
    }
    const guarded = async function* (): AsyncIterable<Uint8Array> {
      try {
        timer = setTimeout(() => stalled.abort(), STALL_MS)
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
          clearTimeout(timer)
          yield chunk
          timer = setTimeout(() => stalled.abort(), STALL_MS)
        }
      } finally {
        clearTimeout(timer)
        // Left early, the rest must not keep arriving.
        stalled.abort()
      }
    }
    return ok({ offset: start, body: guarded() })
  }
}
