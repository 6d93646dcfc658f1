// Plays installed plugins for tests: blocks in, samples out.
import { existsSync } from 'node:fs'
import type { BlockEvents, PluginInstance } from '../instance.ts'
import { lv2Loader } from './index.ts'

export const RATE = 48_000
export const BLOCK = 512

/** Folder of an installed bundle. */
export const bundle = (name: string): string => `/usr/lib/lv2/${name}.lv2`
export const isInstalled = (name: string): boolean => existsSync(`${bundle(name)}/manifest.ttl`)

export const open = (name: string, id: string, isOffline = true): PluginInstance =>
  lv2Loader.open(bundle(name), id, { sampleRate: RATE, maxFrames: BLOCK, isOffline })

export const indexOf = (plugin: PluginInstance, id: string): number => plugin.descriptor.parameters.findIndex((one) => one.id === id)

/** Events of a block at 120 BPM in four four. */
export const eventsAt = (block: number, events: Partial<BlockEvents> = {}, frames = BLOCK): BlockEvents => {
  const frame = block * frames
  const quarter = (frame / RATE) * 2
  const bar = Math.floor(quarter / 4)
  return {
    parameters: [],
    notes: [],
    timeline: { frame, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter, barQuarter: bar * 4, bar },
    ...events,
  }
}

/** First main output while `input` fills every channel of the main input. */
export const play = (
  plugin: PluginInstance,
  blocks: number,
  input: (frame: number) => number = () => 0,
  events: (block: number) => Partial<BlockEvents> = () => ({}),
): Float32Array => {
  const heard = new Float32Array(blocks * BLOCK)
  for (let block = 0; block < blocks; block += 1) {
    for (const samples of plugin.inputs[0]?.samples ?? []) for (let i = 0; i < BLOCK; i += 1) samples[i] = input(block * BLOCK + i)
    plugin.process(BLOCK, eventsAt(block, events(block)))
    heard.set(plugin.outputs[0]?.samples[0] ?? new Float32Array(BLOCK), block * BLOCK)
  }
  return heard
}

export const peakOf = (samples: Float32Array): number => samples.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0)
