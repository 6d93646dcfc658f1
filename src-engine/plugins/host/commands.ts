// Answers to everything but blocks of sound. A thrown error is a refusal and its message what the user reads.
import { z } from 'zod'
import { pluginFormatSchema } from '../../../src-shared/plugins/index.ts'
import { loaderOf } from '../loaders.ts'
import { MAX_STATE_BYTES } from '../transport/index.ts'
import { type HostedPlugin, openHosted } from './hosted-plugin.ts'

/** A reply: a JSON body and bytes beside it. */
export interface Answer {
  readonly body: unknown
  readonly attachment: Uint8Array | null
}

const answer = (body: unknown, attachment: Uint8Array | null = null): Answer => ({ body, attachment })

const bytesOf = (values: Float64Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

const valueSchema = z.object({ parameter: z.int().min(0), value: z.number() })
const openSchema = z.object({
  format: pluginFormatSchema,
  path: z.string(),
  id: z.string(),
  sampleRate: z.number().positive(),
  isOffline: z.boolean(),
  takesShortBlocks: z.boolean().default(false),
  hasState: z.boolean(),
  values: z.record(z.string(), z.number()),
})

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

/** The plugins of this process. Numbers are never used twice. */
export class Instances {
  readonly #plugins = new Map<number, HostedPlugin>()
  #last = 0

  get count(): number {
    return this.#plugins.size
  }

  /** Throws where there is none. */
  get(instance: number): HostedPlugin {
    const plugin = this.#plugins.get(instance)
    if (!plugin) throw new Error('That plugin is not open any more.')
    return plugin
  }

  entries(): IterableIterator<[number, HostedPlugin]> {
    return this.#plugins.entries()
  }

  add(plugin: HostedPlugin): number {
    this.#last += 1
    this.#plugins.set(this.#last, plugin)
    return this.#last
  }

  /** The number the next plugin will have. */
  get next(): number {
    return this.#last + 1
  }

  remove(instance: number): HostedPlugin {
    const plugin = this.get(instance)
    this.#plugins.delete(instance)
    return plugin
  }
}

const nameSchema = z.object({ name: z.string(), instance: z.int().optional() })

/** Which command, and about which instance: the one that is blamed if this process does not survive it. */
export const readCommand = (body: unknown): { readonly name: string; readonly instance: number | null } => {
  const { name, instance } = nameSchema.parse(body)
  return { name, instance: instance ?? null }
}

type Command = (instances: Instances, body: unknown, attachment: Uint8Array) => Answer | Promise<Answer>

const on =
  (act: (plugin: HostedPlugin, body: unknown, attachment: Uint8Array) => Answer): Command =>
  (instances, body, attachment) =>
    act(instances.get(z.object({ instance: z.int() }).parse(body).instance), body, attachment)

const valuesIn = (body: unknown): readonly z.infer<typeof valueSchema>[] => z.object({ values: z.array(valueSchema) }).parse(body).values

export const COMMANDS: Readonly<Record<string, Command>> = {
  ping: () => answer(null),
  open: async (instances, body, attachment) => {
    const { format, hasState, ...plugin } = openSchema.parse(body)
    const loader = await loaderOf(format)
    const hosted = openHosted(loader, { ...plugin, state: hasState ? attachment : null })
    return answer({ instance: instances.add(hosted), descriptor: hosted.descriptor, ...hosted.timing() }, bytesOf(hosted.values()))
  },
  close: (instances, body) => {
    instances.remove(z.object({ instance: z.int() }).parse(body).instance).close()
    return answer(null)
  },
  setValues: on((plugin, body) => {
    plugin.setValues(valuesIn(body))
    return answer(null)
  }),
  values: on((plugin) => answer(null, bytesOf(plugin.values()))),
  texts: on((plugin, body) => answer(plugin.texts(valuesIn(body)))),
  saveState: on((plugin) => {
    const state = plugin.saveState()
    if (state && state.byteLength > MAX_STATE_BYTES) {
      const { name } = plugin.descriptor
      throw new Error(
        `The state of ${name} is ${megabytes(state.byteLength)} long and a remix keeps up to ${megabytes(MAX_STATE_BYTES)} for a plugin; freeze the track to keep its sound.`,
      )
    }
    return answer({ hasState: state !== null }, state)
  }),
  loadState: on((plugin, _, attachment) => {
    plugin.loadState(attachment)
    return answer(plugin.timing())
  }),
  loadPreset: on((plugin, body) => {
    plugin.loadPreset(z.object({ preset: z.string() }).parse(body).preset)
    return answer(plugin.timing())
  }),
  reset: on((plugin) => {
    plugin.reset()
    return answer(null)
  }),
  timing: on((plugin) => answer(plugin.timing())),
}
