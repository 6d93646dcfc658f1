// Where a style does its work: every step becomes an ordinary edit at once, so the next step sees it; what the licence forbids is bent or left out on the way.
import {
  automationOf,
  type Clip,
  devicesOf,
  type DeviceKind,
  DEVICE_PARAMETERS,
  type EditCommand,
  EditSequence,
  endTick,
  MASTER_TRACK_ID,
  MAX_TICK,
  milliBpmAt,
  type RemixSnapshot,
  remixOf,
  type StemRecord,
  stemOf,
  type Track,
  tracksOf,
  transposedKey,
} from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import type { MeterPoint, TempoPoint } from '../../src-shared/time/index.ts'
import type { StemFactsHeard, StyleFacts } from './facts.ts'
import { barsBetween, type Bar, type Section, sectionsOf } from './grid.ts'
import { ClipIndex, isPitched, isVoice, type Lane, lanesOf, namesOf } from './lanes.ts'
import { LicenceSense } from './licence-sense.ts'
import { type Random, roundTo } from './random.ts'
import type { LeftOut } from './style.ts'

/** Most edits one style makes: a document that nobody could edit afterwards helps nobody. */
export const MAX_STYLE_EDITS = 6_000

/** Ends a style from within a step; `runStyle` returns the problem. */
export class StyleStop extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

export interface StageOptions {
  readonly snapshot: RemixSnapshot
  readonly facts: StyleFacts
  readonly random: Random
  /** Starts every id the style gives; nothing in the remix begins with it. */
  readonly idPrefix: string
}

/** A bus of the style's own. It is added with its first send. */
export interface StyleBus {
  /** Sends a lane there; false where its licence forbids what the bus does. */
  send(lane: Lane, gainDb: number): boolean
  readonly trackId: string
  /** Device ids by place, for automation. */
  readonly deviceIds: readonly string[]
  sendIdOf(lane: Lane): string | undefined
}

export interface DeviceSpec {
  readonly kind: DeviceKind
  readonly params: Readonly<Record<string, number>>
}

/** What a person hears a device as. */
const DEVICE_WORDS: Readonly<Record<DeviceKind, string>> = {
  eq: 'equaliser',
  compressor: 'compression',
  reverb: 'reverb',
  delay: 'echo',
  saturation: 'saturation',
  filter: 'filter',
  limiter: 'limiter',
}

/** The operation a device is to a licence. */
const operationOf = (kind: DeviceKind): string => (kind === 'limiter' ? 'gain' : kind)

/** Off by no more than this, most people hear no difference of pitch. */
const IN_TUNE_CENTS = 5

const KEPT = { why: 'It is to stay as it is.' }

const clamp = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, value))

/** Settings held to their ranges and rounded as a person would write them, so that no float dust reaches a document. */
export const tidyParams = ({ kind, params }: DeviceSpec): Record<string, number> => {
  const tidy: Record<string, number> = {}
  for (const { name, min, max, unit, scale } of DEVICE_PARAMETERS[kind]) {
    const value = params[name]
    if (value === undefined) continue
    const step =
      scale === 'step' || unit === 'Hz' ? 1 : unit === 'ms' && value > 20 ? 1 : unit === 's' || unit === ':1' || unit === '' ? 0.01 : 0.1
    tidy[name] = clamp(roundTo(value, step), min, max)
  }
  return tidy
}

export class Stage {
  readonly facts: StyleFacts
  readonly licence: LicenceSense
  readonly #sequence: EditSequence
  readonly #commands: EditCommand[] = []
  readonly #leftOut = new Map<string, Set<string>>()
  readonly #asks = new Set<string>()
  readonly #says: string[] = []
  readonly #prefix: string
  #random: Random
  #ids = 0
  #lanes: readonly Lane[] | undefined
  #clips: ClipIndex | undefined
  #tracks: readonly Track[] | undefined
  #sections: readonly Section[] | undefined
  /** Operations a lane is to be spared, by track id: what the user asked to be kept. */
  readonly #spared = new Map<string, { readonly ops: ReadonlySet<string>; readonly why: string }>()
  readonly #kept = new Set<string>()
  readonly #arrangedIds: string[] = []
  #isResting = false

  constructor({ snapshot, facts, random, idPrefix }: StageOptions) {
    this.facts = facts
    this.licence = new LicenceSense(facts.terms)
    this.#random = random
    this.#prefix = idPrefix
    this.#sequence = new EditSequence(snapshot, {
      newId: () => {
        // Taking a middle out was two cuts once, each with an id: counting both, a seed gives the bytes it always gave.
        if (this.#isResting) this.#ids++
        const id = this.newId()
        this.#arrangedIds.push(id)
        return id
      },
    })
  }

  get snapshot(): RemixSnapshot {
    return this.#sequence.snapshot
  }

  get random(): Random {
    return this.#random
  }

  get commands(): readonly EditCommand[] {
    return this.#commands
  }

  get says(): readonly string[] {
    return this.#says
  }

  get asks(): readonly string[] {
    return [...this.#asks]
  }

  get leftOut(): readonly LeftOut[] {
    return [...this.#leftOut].map(([why, whats]) => ({ what: namesOf([...whats]), why }))
  }

  get tempo(): readonly TempoPoint[] {
    return remixOf(this.snapshot).tempo
  }

  get meter(): readonly MeterPoint[] {
    return remixOf(this.snapshot).meter
  }

  /** Tracks that are heard. */
  get lanes(): readonly Lane[] {
    this.#clips ??= new ClipIndex(this.snapshot)
    this.#tracks ??= tracksOf(this.snapshot)
    this.#lanes ??= lanesOf(this.snapshot, this.#clips, this.#tracks)
    return this.#lanes
  }

  get sections(): readonly Section[] {
    this.#sections ??= sectionsOf(this.snapshot, this.facts)
    return this.#sections
  }

  /** End of the last clip that is heard. */
  get endTick(): number {
    return this.lanes.reduce((end, lane) => Math.max(end, lane.endTick), 0)
  }

  bars(fromTick = 0, toTick = this.endTick): readonly Bar[] {
    return barsBetween(this.meter, fromTick, toTick)
  }

  heard(stem: StemRecord): StemFactsHeard {
    return this.facts.stems?.[stem.id] ?? {}
  }

  newId(): string {
    this.#ids++
    return `${this.#prefix}.${this.#ids}`
  }

  /** Does something with draws of its own. */
  within<T>(label: string, work: () => T): T {
    const outer = this.#random
    this.#random = outer.fork(label)
    try {
      return work()
    } finally {
      this.#random = outer
    }
  }

  say(words: string): void {
    this.#says.push(words)
  }

  leaveOut(what: string, why: string): void {
    const known = this.#leftOut.get(why)
    if (known) known.add(what)
    else this.#leftOut.set(why, new Set([what]))
  }

  /** Whether the user wants a lane left as it is; one that is frozen takes no other sound. */
  isKept(lane: Lane): boolean {
    return lane.track.frozen !== undefined || this.#kept.has(lane.track.id) || (this.facts.keep?.includes(lane.role) ?? false)
  }

  /** Leaves a lane as it is from here on. */
  keep(lane: Lane): void {
    this.#kept.add(lane.track.id)
  }

  /** Keeps operations off a lane from here on. */
  spare(lane: Lane, ops: Iterable<string>, why: string): void {
    const known = this.#spared.get(lane.track.id)
    this.#spared.set(lane.track.id, { ops: new Set([...(known?.ops ?? []), ...ops]), why })
  }

  /** Whether an operation may be done to all that a lane plays; where not, says what is left out. */
  may(lane: Lane, op: string, what: string): boolean {
    if (this.isKept(lane)) return false
    const spared = this.#spared.get(lane.track.id)
    if (spared?.ops.has(op)) {
      this.leaveOut(`${what} on ${lane.title}`, spared.why)
      return false
    }
    for (const stem of lane.stems) {
      const verdict = this.licence.verdict(stem, op)
      if (verdict.effect === 'deny') {
        this.leaveOut(`${what} on ${lane.title}`, verdict.why)
        return false
      }
      if (verdict.effect === 'approval') this.#asks.add(verdict.why)
    }
    return true
  }

  /** Notes that something needs a yes. */
  ask(why: string): void {
    this.#asks.add(why)
  }

  /** Makes one edit. Where the remix does not take it the whole style ends with that refusal. */
  edit(command: EditCommand): void {
    if (this.#commands.length >= MAX_STYLE_EDITS) return
    this.#arrangedIds.length = 0
    // Before and after: a clip may leave one track for another.
    this.#touch(command)
    this.#isResting = command.op === 'clip.rest'
    const done = this.#sequence.apply(command)
    if (!done.ok) throw new StyleStop(done.error)
    this.#touch(command)
    this.#clips?.touch(this.#arrangedIds)
    this.#commands.push(this.#withIds(command))
    this.#forget(command.op)
  }

  /** An edit with the ids that were given on the way, so that whoever repeats it gets the same document. */
  #withIds(command: EditCommand): EditCommand {
    if (this.#arrangedIds.length === 0) return command
    const ids = [...this.#arrangedIds]
    if (command.op === 'time.arrange') return { ...command, newIds: ids }
    return command.op === 'clip.rest' ? { ...command, rightIds: ids } : command
  }

  #touch(command: EditCommand): void {
    const clips = this.#clips
    if (!clips || !command.op.startsWith('clip')) return
    if ('clipIds' in command) clips.touch(command.clipIds)
    else if ('clipId' in command) clips.touch([command.clipId])
    if (command.op === 'clip.split' && command.rightIds) clips.touch(command.rightIds)
    if (command.op === 'clip.add' && command.id !== undefined) clips.touch([command.id])
  }

  /** Drops what was read off the remix and is no longer so after an edit. */
  #forget(op: EditCommand['op']): void {
    if (op.startsWith('device') || op.startsWith('send') || op.startsWith('automation')) return
    this.#lanes = undefined
    if (op.startsWith('clip')) return
    this.#tracks = undefined
    if (op !== 'track.set') this.#sections = undefined
    if (!op.startsWith('track') && !op.startsWith('sound')) this.#clips = undefined
  }

  get isFull(): boolean {
    return this.#commands.length >= MAX_STYLE_EDITS - 200
  }

  finish(): RemixSnapshot {
    return this.#sequence.finish()
  }

  // — mixing —

  /** Moves a fader by so many dB. */
  level(lane: Lane, byDb: number): void {
    const now = lane.track.gainDb
    const to = clamp(roundTo(now + byDb, 0.1), -144, 12)
    if (to !== now && this.may(lane, 'gain', 'level')) this.edit({ op: 'track.set', trackId: lane.track.id, gainDb: to })
  }

  pan(lane: Lane, to: number): void {
    const value = clamp(roundTo(to, 0.01), -1, 1)
    if (value !== lane.track.pan && this.may(lane, 'pan', 'panning')) this.edit({ op: 'track.set', trackId: lane.track.id, pan: value })
  }

  /** Puts a device at the end of a lane's chain; its id, or undefined where the licence keeps it off. */
  device(lane: Lane, spec: DeviceSpec): string | undefined {
    if (!this.may(lane, operationOf(spec.kind), DEVICE_WORDS[spec.kind])) return undefined
    const id = this.newId()
    this.edit({ op: 'device.add', id, trackId: lane.track.id, kind: spec.kind, params: tidyParams(spec) })
    return id
  }

  /** Puts a device on the master, before its last limiter; where a stem forbids it, on every track that may have it. Ids of what was added. */
  master(spec: DeviceSpec): readonly string[] {
    const op = operationOf(spec.kind)
    // A limiter only holds back what the rest made too loud: what is to be kept is not changed by it.
    const isFree = (lane: Lane): boolean => spec.kind === 'limiter' || (!this.isKept(lane) && !this.#spared.get(lane.track.id)?.ops.has(op))
    const isOpen = this.lanes.every((lane) => isFree(lane) && lane.stems.every((stem) => this.licence.verdict(stem, op).effect !== 'deny'))
    if (!isOpen) return this.lanes.flatMap((lane) => this.device(lane, spec) ?? [])
    for (const lane of this.lanes) this.may(lane, op, DEVICE_WORDS[spec.kind])
    const chain = devicesOf(this.snapshot, MASTER_TRACK_ID)
    const limiter = chain.findLastIndex((device) => device.kind === 'limiter')
    const id = this.newId()
    const index = limiter < 0 ? chain.length : limiter
    this.edit({ op: 'device.add', id, trackId: MASTER_TRACK_ID, kind: spec.kind, params: tidyParams(spec), index })
    return [id]
  }

  bus(name: string, devices: readonly DeviceSpec[]): StyleBus {
    const trackId = this.newId()
    const deviceIds = devices.map(() => this.newId())
    const sends = new Map<string, string>()
    let isThere = false
    return {
      trackId,
      deviceIds,
      sendIdOf: (lane) => sends.get(lane.track.id),
      send: (lane, gainDb) => {
        // Asked one by one, so that each reason is said.
        if (!devices.every(({ kind }) => this.may(lane, operationOf(kind), DEVICE_WORDS[kind]))) return false
        if (!isThere) {
          this.edit({ op: 'track.add', id: trackId, kind: 'bus', name, role: 'effects' })
          for (const [i, spec] of devices.entries())
            this.edit({ op: 'device.add', id: deviceIds[i], trackId, kind: spec.kind, params: tidyParams(spec) })
          isThere = true
        }
        const known = sends.get(lane.track.id)
        const level = clamp(roundTo(gainDb, 0.1), -60, 6)
        if (known !== undefined) this.edit({ op: 'send.set', sendId: known, gainDb: level })
        else {
          const id = this.newId()
          sends.set(lane.track.id, id)
          this.edit({ op: 'send.add', id, fromTrackId: lane.track.id, toTrackId: trackId, gainDb: level })
        }
        return true
      },
    }
  }

  /** Automates a parameter of something that these lanes pass through. Points outside the timeline are left out. */
  automate(
    lanes: readonly Lane[],
    ownerId: string,
    param: string,
    points: readonly { readonly atTick: number; readonly value: number; readonly curve?: 'hold' | 'linear' }[],
  ): boolean {
    if (!lanes.every((lane) => this.may(lane, 'automation', 'automation'))) return false
    const kept = points
      .filter(({ atTick }) => atTick >= 0 && atTick <= MAX_TICK)
      .map((point) => ({ ...point, atTick: Math.round(point.atTick) }))
    if (kept.length === 0) return false
    const known = automationOf(this.snapshot, ownerId, param)
    const first = Math.min(...kept.map(({ atTick }) => atTick))
    const last = Math.max(...kept.map(({ atTick }) => atTick))
    // Outside the new stretch, what was there holds on.
    const old = known?.points.filter(({ atTick }) => atTick < first || atTick > last) ?? []
    this.edit({
      op: 'automation.set',
      id: this.newId(),
      ownerId,
      param,
      points: [...old.map(({ atTick, value, curve }) => ({ atTick, value, curve })), ...kept],
    })
    return true
  }

  // — speed and pitch —

  /** The speed nearest to `permille` of the present one that every stem may have. Says what was bent. */
  legalSpeed(permille: number): number {
    let legal = permille
    for (const lane of this.lanes) {
      for (const clip of lane.clips) {
        const stem = stemOf(this.snapshot, clip.stemId)
        if (!stem) continue
        const now = milliBpmAt(this.tempo, clip.startTick)
        const source = clip.warp?.milliBpm ?? now
        const wanted = Math.round((now * legal) / source)
        const nearest = this.licence.nearestRatio(stem, wanted)
        if (nearest === null) {
          this.leaveOut('the new tempo', this.licence.verdict(stem, 'stretch', { ratioPermille: wanted }).why)
          return 1000
        }
        if (nearest !== wanted) {
          this.leaveOut('part of the new tempo', this.licence.verdict(stem, 'stretch', { ratioPermille: wanted }).why)
          const bent = (nearest * source) / now
          legal = permille < 1000 ? Math.min(1000, Math.ceil(bent)) : Math.max(1000, Math.floor(bent))
        }
      }
    }
    return legal
  }

  /** Sets the speed of everything; clips follow. Returns the speed that was set, in thousandths of the present one. */
  speed(permille: number): number {
    const { tempo } = this
    if (this.lanes.length === 0) return 1000
    const isFree = (clip: Clip) => clip.warp?.milliBpm == null
    if (tempo.length > 64 && this.lanes.some((lane) => lane.clips.some(isFree))) {
      this.leaveOut(
        'the new tempo',
        `The tempo of this remix changes ${tempo.length - 1} times; a style changes it where there are at most 64 changes.`,
      )
      return 1000
    }
    const legal = this.legalSpeed(permille)
    const points = tempo.map(({ atTick, milliBpm }) => ({
      at: atTick as number,
      milliBpm: clamp(Math.round((milliBpm * legal) / 1000), 20_000, 400_000),
    }))
    if (points.every((point, i) => point.milliBpm === tempo[i]?.milliBpm)) return 1000
    // A recording that drifts with the tempo map keeps its drift only where each stretch knows its own tempo.
    for (const { atTick } of tempo.slice(1)) {
      const across = this.lanes.flatMap((lane) =>
        lane.clips.filter((clip) => isFree(clip) && clip.startTick < atTick && endTick(clip) > atTick),
      )
      if (across.length > 0)
        this.edit({ op: 'clip.split', clipIds: across.map((clip) => clip.id), atTick, rightIds: across.map(() => this.newId()) })
    }
    this.edit({ op: 'tempo.set', points, keep: 'stretch' })
    return legal
  }

  /**
   * Transposes everything pitched (with `isTape` the drums too) by the nearest legal amount that all of it may have; the key of the remix goes along.
   * Returns the cents.
   */
  transpose(cents: number, { isTape, keepsFormants }: { readonly isTape: boolean; readonly keepsFormants: boolean }): number {
    const pitched = this.lanes.filter(isPitched)
    let legal = cents
    for (const lane of pitched) {
      for (const clip of lane.clips) {
        const stem = stemOf(this.snapshot, clip.stemId)
        if (!stem) continue
        const before = clip.warp?.cents ?? 0
        const nearest = this.licence.nearestCents(stem, before + legal)
        const known = this.#spared.get(lane.track.id)
        const spared = this.isKept(lane) ? KEPT : known?.ops.has('pitch') ? known : undefined
        if (nearest === before + legal && !spared) continue
        const why = spared ? spared.why : this.licence.verdict(stem, 'pitch', { cents: before + legal }).why
        const bent = nearest === null || spared ? 0 : nearest - before
        this.leaveOut(
          bent === 0 ? 'the change of pitch' : 'part of the change of pitch',
          `${why} The other stems keep theirs too, so that the music stays in one key.`,
        )
        legal = Math.sign(bent) === Math.sign(cents) ? bent : 0
        if (legal === 0) return 0
      }
    }
    const moves = new Set<number>()
    for (const lane of (isTape ? this.lanes : pitched).filter((one) => !this.isKept(one))) {
      const byCents = new Map<number, string[]>()
      for (const clip of lane.clips) {
        const stem = stemOf(this.snapshot, clip.stemId)
        const to = clamp((clip.warp?.cents ?? 0) + legal, -2_400, 2_400)
        const isMoved = stem !== undefined && this.licence.nearestCents(stem, to) === to
        if (isPitched(lane)) moves.add(isMoved ? to - (clip.warp?.cents ?? 0) : 0)
        if (!isMoved) continue
        byCents.set(to, [...(byCents.get(to) ?? []), clip.id])
      }
      for (const [to, clipIds] of byCents) this.edit({ op: 'clip.warp', clipIds, cents: to, ...(isVoice(lane) ? { keepsFormants } : {}) })
    }
    this.#moveKey(moves)
    return legal
  }

  /** Lets the stated key follow by how many cents what is pitched was moved; where that leads to no one key, none is stated any more. */
  #moveKey(moves: ReadonlySet<number>): void {
    const { key } = remixOf(this.snapshot)
    if (key === null || moves.size === 0) return
    const [cents = 0] = moves
    const nearest = Math.round(cents / 100) * 100
    const next = moves.size === 1 && Math.abs(cents - nearest) <= IN_TUNE_CENTS ? transposedKey(key, nearest) : null
    if (next === key) return
    this.edit({ op: 'remix.set', key: next })
    const why = moves.size === 1 ? 'the pitch is between two keys' : 'not everything moved alike'
    this.say(next === null ? `no longer in ${key}: ${why}` : `in ${next}`)
  }

  // — clips —

  /** Cuts a lane's clips at a position. */
  splitAt(lane: Lane, atTick: number): void {
    const across = this.clipsNow(lane).filter((clip) => clip.startTick < atTick && endTick(clip) > atTick)
    // A cut that leaves less than a millisecond on a side leaves nothing of it.
    const wide = across.filter((clip) => atTick - clip.startTick > 4 && endTick(clip) - atTick > 4)
    if (wide.length > 0)
      this.edit({ op: 'clip.split', clipIds: wide.map((clip) => clip.id), atTick, rightIds: wide.map(() => this.newId()) })
  }

  /** The lane's clips as they are now. */
  clipsNow(lane: Lane): readonly Clip[] {
    this.#clips ??= new ClipIndex(this.snapshot)
    return this.#clips.of(lane.track.id)
  }

  /** Takes what a lane plays in a stretch of time out. */
  rest(lane: Lane, fromTick: number, toTick: number): void {
    if (this.isKept(lane)) return
    this.splitAt(lane, fromTick)
    this.splitAt(lane, toTick)
    const inside = this.clipsNow(lane).filter((clip) => clip.startTick >= fromTick - 4 && endTick(clip) <= toTick + 4)
    if (inside.length > 0) this.edit({ op: 'clip.delete', clipIds: inside.map((clip) => clip.id) })
  }

  /** Puts the remix together anew from stretches of itself. */
  arrange(pieces: readonly { readonly fromTick: number | null; readonly lengthTicks: number }[]): void {
    const kept = pieces.filter((piece) => piece.lengthTicks > 0)
    if (kept.length > 0) this.edit({ op: 'time.arrange', pieces: kept.map((piece) => ({ ...piece })) })
  }
}
