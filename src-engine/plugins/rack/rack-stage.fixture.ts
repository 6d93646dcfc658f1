// A rack and the mix it plays in, for tests.
import { setTimeout as delay } from 'node:timers/promises'
import type { PluginStatus } from '../../../src-shared/plugins/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import type { Problem } from '../../../src-shared/std/index.ts'
import { BlockRenderer } from '../../render/index.ts'
import { spawnNodeHost } from '../client/index.ts'
import { PluginRack } from './plugin-rack.ts'
import { PluginRegistry, type RegistryEntry } from './registry.ts'

export interface StageOptions {
  readonly entries: readonly RegistryEntry[]
  readonly cacheDir: string
  /** Generous unless a test is about late blocks: the machine may be busy with other tests. */
  readonly deadlineMs?: number
  readonly slowMs?: number
}

/** A rack and the mix it plays in, driven by hand in place of a sound card's clock. */
export class Stage {
  readonly warnings: Problem[] = []
  readonly crashes: string[] = []
  readonly registry = new PluginRegistry()
  isRerouted = false
  readonly rack: PluginRack
  readonly #cacheDir: string
  #renderer: BlockRenderer | undefined
  #plan: RenderPlan | undefined

  constructor({ entries, cacheDir, deadlineMs = 2_000, slowMs = 10_000 }: StageOptions) {
    this.#cacheDir = cacheDir
    this.registry.replace(entries)
    this.rack = new PluginRack({
      registry: this.registry,
      spawn: spawnNodeHost,
      keepsSpare: true,
      deadlineMs,
      slowMs,
      listener: {
        onStatus: () => {},
        onChanged: () => {},
        onCrashed: (crashed, how) => this.crashes.push(`${crashed.deviceId} ${how}`),
        onWarning: (problem) => this.warnings.push(problem),
        onRouting: () => {
          this.isRerouted = true
        },
      },
    })
  }

  async load(next: RenderPlan): Promise<void> {
    this.#plan = next
    this.rack.load(next)
    await this.rack.settled(10_000)
  }

  /** Renders blocks as playback does, one after another; the sound of each track at its own latency. */
  async play(blocks: number, { everyMs = 0, fromFrame = 0 } = {}): Promise<readonly Float32Array[]> {
    const next = this.#plan!
    const sound = next.tracks.map(() => new Float32Array(blocks * 512))
    let at = 0
    this.#renderer ??= new BlockRenderer({
      plan: next,
      cacheDir: this.#cacheDir,
      fromFrame,
      blockFrames: 512,
      openVoice: this.rack.openVoice,
      onDeviceFailed: (_track, _device, error) => {
        throw error
      },
      onWarning: (problem) => this.warnings.push(problem),
      onTrack: (index, block, frames) => this.#heard?.(index, block.left, frames),
    })
    const renderer = this.#renderer
    this.#heard = (index, left, frames) => sound[index]!.set(renderer.kernels.f32(left, frames), at)
    for (let block = 0; block < blocks; block++) {
      if (this.#plan !== next || !renderer.canUpdate(this.#plan)) renderer.rebuild(this.#plan!, renderer.position)
      renderer.render()
      at += 512
      if (everyMs > 0) await delay(everyMs)
    }
    return sound
  }

  #heard: ((index: number, left: number, frames: number) => void) | undefined

  update(next: RenderPlan): void {
    this.#plan = next
    this.rack.load(next)
    this.#renderer?.update(next)
  }

  async until(deviceId: string, state: PluginStatus['state'], timeoutMs = 10_000): Promise<PluginStatus> {
    for (const end = performance.now() + timeoutMs; performance.now() < end; await delay(5)) {
      const found = this.rack.statuses().find((status) => status.deviceId === deviceId)
      if (found?.state === state) return found
    }
    throw new Error(`${deviceId} is ${this.rack.statuses().find((status) => status.deviceId === deviceId)?.state}, not ${state}`)
  }

  dispose(): void {
    this.#renderer?.dispose()
    this.rack.dispose()
  }
}
