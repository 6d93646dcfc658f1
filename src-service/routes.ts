// A route is written once, with its schemas: Fastify checks requests and replies by them, and the OpenAPI document is made from them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { problemReplySchema } from '../src-shared/protocol/index.ts'
import type { Problem, Result } from '../src-shared/std/index.ts'
import type { StoredDevice } from './store.ts'

type Shape = z.ZodType
type Output<S> = S extends Shape ? z.output<S> : undefined

export interface RouteSpec<Params extends Shape, Query extends Shape, Body extends Shape, Reply extends Shape> {
  readonly method: 'GET' | 'POST'
  /** Path with `:name` parameters. */
  readonly path: string
  readonly summary: string
  readonly auth: 'none' | 'device' | 'admin'
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly reply: Reply
  readonly bodyLimit?: number
  /** Requests a minute from one address, where the general limit is too wide. */
  readonly perMinute?: number
  readonly handle: (input: {
    readonly params: Output<Params>
    readonly query: Output<Query>
    readonly body: Output<Body>
    /** Set for `auth: 'device'`. */
    readonly device: StoredDevice | undefined
    readonly request: FastifyRequest
    readonly reply: FastifyReply
  }) => Promise<Result<z.output<Reply>>>
}

/** Anything a route does that is no JSON: files, uploads. It is documented the same way. */
export interface RawRouteSpec {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly summary: string
  readonly auth: 'none' | 'device' | 'admin'
  readonly replyType: string
  readonly perMinute?: number
  readonly bodyLimit?: number
  readonly handle: (request: FastifyRequest, reply: FastifyReply, device: StoredDevice | undefined) => Promise<unknown>
}

/** HTTP status by problem code; everything else a caller can do something about is 400. */
const STATUS: Readonly<Record<string, number>> = {
  'service.unauthorised': 401,
  'service.forbidden': 403,
  'work.unknown': 404,
  'stem.unknown': 404,
  'log.unknown': 404,
  'service.not_found': 404,
  'stem.no_lease': 403,
  'lease.ended': 403,
  'lease.not_yet': 403,
  'lease.revoked': 403,
  'lease.receipts_missing': 409,
  'lease.ledger_missing': 409,
  'lease.ledger_forked': 409,
  'approval.unknown_request': 404,
  'approval.unknown_answer': 404,
  'approval.unknown_audio': 404,
  'approval.conflict': 409,
  'approval.wrong_device': 403,
  'approval.not_party': 403,
  'service.too_large': 413,
  'service.busy': 429,
  'service.failed': 500,
}

export const statusOf = (code: string): number => STATUS[code] ?? 400

export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply => {
  const { code, message, details } = problem
  return reply.code(statusOf(code)).send(details ? { code, message, details } : { code, message })
}

export interface Authenticators {
  readonly device: (request: FastifyRequest) => Promise<StoredDevice | undefined>
  readonly admin: (request: FastifyRequest) => boolean
}

interface Documented {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly auth: 'none' | 'device' | 'admin'
  readonly params?: Shape | undefined
  readonly query?: Shape | undefined
  readonly body?: Shape | undefined
  readonly reply?: Shape | undefined
  readonly replyType?: string | undefined
}

const unauthorised: Problem = {
  code: 'service.unauthorised',
  message: 'This device is not enrolled here or its enrolment has ended. Enrol again.',
}

export class Routes {
  readonly #app: FastifyInstance
  readonly #auth: Authenticators
  readonly #documented: Documented[] = []
  constructor(app: FastifyInstance, auth: Authenticators) {
    this.#app = app
    this.#auth = auth
  }

  async #admit(
    auth: 'none' | 'device' | 'admin',
    request: FastifyRequest,
  ): Promise<{ readonly device: StoredDevice | undefined } | undefined> {
    if (auth === 'none') return { device: undefined }
    if (auth === 'admin') return this.#auth.admin(request) ? { device: undefined } : undefined
    const device = await this.#auth.device(request)
    return device && { device }
  }

  add<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(spec: RouteSpec<P, Q, B, R>): void {
    this.#documented.push(spec)
    const read = <S extends Shape>(
      schema: S | undefined,
      value: unknown,
    ): { ok: true; value: Output<S> } | { ok: false; problem: Problem } => {
      if (!schema) return { ok: true, value: undefined as Output<S> }
      const parsed = schema.safeParse(value)
      if (parsed.success) return { ok: true, value: parsed.data as Output<S> }
      const issue = parsed.error.issues[0]
      const at = issue?.path.join('.') ?? ''
      return {
        ok: false,
        problem: {
          code: 'service.bad_request',
          message: `The request was not understood${at ? ` (${at})` : ''}. Update Stemma and try again.`,
          details: { at, issue: issue?.message ?? '' },
        },
      }
    }
    this.#app.route({
      method: spec.method,
      url: spec.path,
      ...(spec.bodyLimit === undefined ? {} : { bodyLimit: spec.bodyLimit }),
      config: spec.perMinute === undefined ? {} : { rateLimit: { max: spec.perMinute, timeWindow: 60_000 } },
      handler: async (request, reply) => {
        const admitted = await this.#admit(spec.auth, request)
        if (!admitted) return sendProblem(reply, unauthorised)
        const params = read(spec.params, request.params)
        if (!params.ok) return sendProblem(reply, params.problem)
        const query = read(spec.query, request.query)
        if (!query.ok) return sendProblem(reply, query.problem)
        const body = read(spec.body, request.body)
        if (!body.ok) return sendProblem(reply, body.problem)
        const result = await spec.handle({
          params: params.value,
          query: query.value,
          body: body.value,
          device: admitted.device,
          request,
          reply,
        })
        if (!result.ok) return sendProblem(reply, result.error)
        // A reply that breaks its own schema is a defect of the service and must not reach a client.
        return reply.send(spec.reply.parse(result.value))
      },
    })
  }

  addRaw(spec: RawRouteSpec): void {
    this.#documented.push(spec)
    this.#app.route({
      method: spec.method,
      url: spec.path,
      ...(spec.bodyLimit === undefined ? {} : { bodyLimit: spec.bodyLimit }),
      config: spec.perMinute === undefined ? {} : { rateLimit: { max: spec.perMinute, timeWindow: 60_000 } },
      handler: async (request, reply) => {
        const admitted = await this.#admit(spec.auth, request)
        return admitted ? spec.handle(request, reply, admitted.device) : sendProblem(reply, unauthorised)
      },
    })
  }

  /** The OpenAPI 3.1 document of everything added so far. */
  openApi({ title, version }: { title: string; version: string }): Record<string, unknown> {
    const json = (schema: Shape, io: 'input' | 'output'): unknown => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
      return rest
    }
    const problem = {
      description: 'What happened and what to do',
      content: { 'application/json': { schema: json(problemReplySchema, 'output') } },
    }
    const paths: Record<string, Record<string, unknown>> = {}
    for (const route of this.#documented) {
      const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
      const parametersOf = (schema: Shape | undefined, place: string): unknown[] => {
        if (!schema) return []
        const shape = json(schema, 'input') as { properties?: Record<string, unknown>; required?: string[] }
        return Object.entries(shape.properties ?? {}).map(([name, value]) => ({
          name,
          in: place,
          required: place === 'path' || (shape.required ?? []).includes(name),
          schema: value,
        }))
      }
      const pathParameters = route.params
        ? parametersOf(route.params, 'path')
        : names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
      const content = route.reply
        ? { 'application/json': { schema: json(route.reply, 'output') } }
        : { [route.replyType ?? 'application/octet-stream']: {} }
      const path = route.path.replace(/:(\w+)/g, '{$1}')
      paths[path] = {
        ...paths[path],
        [route.method.toLowerCase()]: {
          summary: route.summary,
          ...(route.auth === 'none' ? {} : { security: [{ [route.auth]: [] }] }),
          parameters: [...pathParameters, ...parametersOf(route.query, 'query')],
          ...(route.body
            ? { requestBody: { required: true, content: { 'application/json': { schema: json(route.body, 'input') } } } }
            : {}),
          responses: { 200: { description: 'Success', content }, default: problem },
        },
      }
    }
    return {
      openapi: '3.1.0',
      info: { title, version },
      paths,
      components: { securitySchemes: { device: { type: 'http', scheme: 'bearer' }, admin: { type: 'http', scheme: 'bearer' } } },
    }
  }
}
