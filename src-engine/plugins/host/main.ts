// The program `plugin-host`: one thread that waits for a request, does it and answers, since plugins must be called from the thread that loaded them.
// It blocks while it waits, and only turns its event loop now and then; whatever it must notice it notices through the channel.
import { setImmediate as turn } from 'node:timers/promises'
import { z } from 'zod'
import {
  Channel,
  FRAME,
  type Frame,
  joinEndpoint,
  MAX_REQUEST_FRAMES,
  packCommand,
  Pipe,
  pipesOf,
  readRequest,
} from '../transport/index.ts'
import { TRANSPORTS, unpackCommand, WORD, watchProcess, writeReply } from '../transport/index.ts'
import { COMMANDS, Instances, readCommand } from './commands.ts'
import type { Work } from './hosted-plugin.ts'
import { holdLeash, leave, leaveNoCore, rememberLocale, restoreLocale, silence } from './rules.ts'

/** How often plugins may do what they put off while nothing is asked of them. */
const IDLE_MS = 20
const ENGINE_PATIENCE_MS = 15_000

const endpointSchema = z.object({
  transport: z.enum(TRANSPORTS),
  folder: z.string().min(1),
  memory: z.string().nullable(),
  engineProcess: z.int().min(1),
})

const readEndpoint = (args: readonly string[]): z.infer<typeof endpointSchema> => {
  const at = args.indexOf('--endpoint')
  return endpointSchema.parse(JSON.parse(args[at + 1] ?? 'null'))
}

const main = async (): Promise<void> => {
  const ends = joinEndpoint(readEndpoint(process.argv))
  silence()
  leaveNoCore()
  rememberLocale()
  const pipes = pipesOf(ends.request, ends.reply)
  pipes.watch(watchProcess(readEndpoint(process.argv).engineProcess))
  const pipe = new Pipe(pipes)
  const plain = new Channel(pipe, null, 'host')
  const greeting = plain.receive(ENGINE_PATIENCE_MS)
  if (typeof greeting === 'string') leave()
  else {
    holdLeash(ends.leash)
    const channel = new Channel(pipe, ends.memory, 'host')
    plain.sendParts(FRAME.done, greeting.sequence, packCommand({ processId: process.pid, hasMemory: ends.memory !== null }, null))
    if (plain.flush(Number.POSITIVE_INFINITY) !== 'done') leave()
    await serve(channel, ends.memory?.words ?? new Int32Array(WORD.running + 1))
  }
}

const serve = async (channel: Channel, words: Int32Array): Promise<never> => {
  const instances = new Instances()
  const work: Work = { left: new Float32Array(MAX_REQUEST_FRAMES), right: new Float32Array(MAX_REQUEST_FRAMES) }
  const blame = (instance: number): void => {
    words[WORD.running] = instance
  }

  const run = (frame: Frame): number => {
    const { frames, input, steps, timeline, wantsOutputs } = readRequest(frame)
    work.left.set(input[0])
    work.right.set(input[1])
    const reports = steps.map((step) => {
      blame(step.instance)
      return instances.get(step.instance).run(work, frames, step, timeline, wantsOutputs)
    })
    return writeReply(channel.outgoing, frames, [work.left, work.right], reports)
  }

  let turned = performance.now()
  for (;;) {
    // Threads of plugins that call the host wait until the loop turns.
    if (instances.count > 0 && performance.now() - turned > IDLE_MS) {
      await turn()
      turned = performance.now()
    }
    const frame = channel.receive(instances.count > 0 ? IDLE_MS : Number.POSITIVE_INFINITY)
    if (frame === 'late') {
      for (const [instance, plugin] of instances.entries()) {
        blame(instance)
        try {
          plugin.idle()
        } catch {
          // It will say so again when it is asked for sound.
        }
      }
      blame(0)
      continue
    }
    if (frame === 'gone' || frame === 'broken') leave()
    else {
      const { kind, sequence } = frame
      try {
        if (kind === FRAME.run) {
          channel.send(FRAME.done, sequence, run(frame))
        } else {
          const { body, attachment } = unpackCommand(frame.payload)
          const { name, instance } = readCommand(body)
          blame(instance ?? (name === 'open' ? instances.next : 0))
          const command = COMMANDS[name]
          if (!command) throw new Error(`A plugin host does not know ${name}.`)
          const { body: reply, attachment: beside } = await command(instances, body, attachment)
          restoreLocale()
          channel.sendParts(FRAME.done, sequence, packCommand(reply, beside))
        }
      } catch (error) {
        const message = error instanceof Error ? error.message : 'The plugin failed without saying why.'
        channel.sendParts(FRAME.refused, sequence, [new TextEncoder().encode(message.slice(0, 1_000))])
      }
      blame(0)
      if (channel.flush(Number.POSITIVE_INFINITY) !== 'done') leave()
    }
  }
}

await main().catch(leave)
