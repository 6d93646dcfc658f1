// The plugins that took part in a sound, read off the plan: who they are, and a hash of how they were set. They are the named exception to "the same
// plan gives the same bits", so whoever hears about an export hears about them.
import type { PlanPlugin, RenderPlan } from '../remix/index.ts'
import type { Usage } from '../rights/index.ts'
import { canonicalBytes, fromBase64, type Sha256, toHex, utf8 } from '../std/index.ts'

/** A plugin as manifests and receipts name it. */
export interface PluginThatRan {
  readonly format: string
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly version: string
  /** `sha256:…` over canonical `{params, stateSha256}`: values and automation that the plan sets, and the hash of the decoded state or null. */
  readonly stateHash: string
  readonly isGenerative: boolean
  /** It did not run: the sound of its track came frozen from another machine, and that it is this plugin's is what the remix says. */
  readonly isFrozenElsewhere?: true
}

type PluginRef = Pick<PlanPlugin['plugin'], 'format' | 'id'>

/** Receipts and grants name a model in no more characters. */
const MAX_URN_LENGTH = 300

/** URN under which grants and receipts name a generative plugin as the model it is. */
export const pluginUrn = ({ format, id }: PluginRef): string => `urn:stemma:plugin:${format}:${encodeURI(id)}`.slice(0, MAX_URN_LENGTH)

/** What a plugin's URN can be called where nothing else is known of it. */
export const pluginUrnLabel = (urn: string): string | null => {
  const found = /^urn:stemma:plugin:[a-z0-9]+:(.*)$/.exec(urn)
  return found ? (found[1]?.split(/[/#:]/).findLast((part) => part !== '') ?? null) : null
}

/** Work that is done once per plugin of a plan: a state can be megabytes. */
const hashes = new WeakMap<PlanPlugin, string>()

const stateHashOf = (device: PlanPlugin, sha256: Sha256): string => {
  const known = hashes.get(device)
  if (known !== undefined) return known
  // The state itself is asked, not what the document says of it.
  const bytes = device.state === null ? null : (fromBase64(device.state) ?? utf8(device.state))
  const stateSha256 = bytes === null ? null : toHex(sha256(bytes))
  const hash = `sha256:${toHex(sha256(canonicalBytes({ params: device.params, stateSha256 })))}`
  hashes.set(device, hash)
  return hash
}

/** Every plugin whose work is heard in a usage of the plan, once per plugin and setting, by name. */
export const pluginsOf = (
  plan: RenderPlan,
  usage: Usage,
  sha256: Sha256,
  frozenElsewhere: readonly string[] = [],
): readonly PluginThatRan[] => {
  const active = new Set([...usage.stems.flatMap((stem) => stem.ops), ...(usage.made ?? [])].map(({ causeId }) => causeId))
  const found = new Map<string, PluginThatRan>()
  for (const track of plan.tracks) {
    for (const device of track.devices) {
      if (device.kind !== 'plugin' || !active.has(device.deviceId)) continue
      const { format, id, name, vendor, version, isGenerative } = device.plugin
      const how = frozenElsewhere.includes(track.id) ? ({ isFrozenElsewhere: true } as const) : {}
      const ran = { format, id, name, vendor, version, stateHash: stateHashOf(device, sha256), isGenerative, ...how }
      found.set(JSON.stringify(ran), ran)
    }
  }
  const key = ({ name, format, id, version, stateHash }: PluginThatRan): string => [name, format, id, version, stateHash].join('\n')
  return [...found.values()].sort((left, right) => (key(left) < key(right) ? -1 : 1))
}

/** Characters of one line of a receipt, and lines a receipt can have. */
const MAX_LINE = 200
const MAX_LINES = 200

/** `text` with its middle left out where it is longer than there is room. */
const shortened = (text: string, room: number): string => {
  if (text.length <= room) return text
  const head = Math.max(1, Math.ceil((room - 1) / 2))
  return `${text.slice(0, head)}…${text.slice(text.length - Math.max(1, room - 1 - head))}`
}

const lineOf = ({ format, id, name, vendor, version, stateHash, isFrozenElsewhere }: PluginThatRan): string => {
  const write = (who: string, what: string): string =>
    `${who} [${format} ${what} ${stateHash}${isFrozenElsewhere ? ' frozen elsewhere' : ''}]`
  const named = [name, version].filter((part) => part !== '').join(' ')
  const whole = write(vendor === '' ? named : `${named} by ${vendor}`, id)
  if (whole.length <= MAX_LINE) return whole
  // The id says most; the name gives way first, and the manifest has all of it.
  const room = MAX_LINE - write('', '').length
  const who = shortened(named, Math.max(24, room - id.length))
  return write(who, shortened(id, room - who.length))
}

/** The `plugins` of a receipt: one line each, `Name version by vendor [format id sha256:…]`, with ` frozen elsewhere` before the end where it did not run, at most 200 characters and 200 lines. */
export const buildReceiptPlugins = (plugins: readonly PluginThatRan[]): string[] => {
  const lines = [...new Set(plugins.map(lineOf))]
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES - 1), `and ${lines.length - MAX_LINES + 1} more, named in the file`]
}
