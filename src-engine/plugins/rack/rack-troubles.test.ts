// Every fixture plugin that crashes, hangs, sends nonsense or meddles with its process, playing in a chain with an innocent one.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PluginStatus } from '../../../src-shared/plugins/index.ts'
import type { PlanPlugin, PlanTrack } from '../../../src-shared/remix/index.ts'
import { buildFixtures, CLAP_FIXTURES, type ClapFixture, clapId, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import { clip, noise, plan, plugin, StemFolder, track } from '../../render/testing/plans.ts'
import { registryEntries } from './rack-rig.fixture.ts'
import { Stage } from './rack-stage.fixture.ts'

const fixtures = await buildFixtures()
if (!fixtures) console.log(NO_FIXTURES)
const entries = registryEntries(fixtures, [...CLAP_FIXTURES.troubles, 'gain'])
const fixture = (name: ClapFixture, deviceId: string = name): PlanPlugin => plugin(deviceId, { format: 'clap', id: clapId(name) })

const LENGTH = 480_000
const stems = new StemFolder()
let hiss = 0
let other = 0
beforeAll(async () => {
  hiss = await stems.add(noise(LENGTH, 5, 0.3))
  other = await stems.add(noise(LENGTH, 6, 0.3))
})
afterAll(() => stems.remove())

let open: Stage | undefined
afterEach(() => {
  open?.dispose()
  open = undefined
})

const playing = (source: number, devices: PlanTrack['devices'], id: string): PlanTrack =>
  track(id, { clips: [clip(source, LENGTH)], devices })

/** Each fixture with what becomes of it while it plays; all of them beside an innocent plugin in the same chain. */
const TROUBLES: readonly (readonly [ClapFixture, readonly PluginStatus['state'][]])[] = [
  ['crash-in-process', ['disabled']],
  ['abort-in-process', ['disabled']],
  ['divide-in-process', ['disabled']],
  ['hang-in-process', ['disabled']],
  ['crash-in-activate', ['disabled']],
  ['hang-in-activate', ['disabled']],
  ['refuse-activate', ['failed']],
  ['nan', ['ready']],
  ['infinity', ['ready']],
  ['loud', ['ready']],
  ['denormals', ['ready']],
  ['prints', ['ready']],
  ['forks', ['ready']],
  ['moves', ['ready']],
  ['locale', ['ready']],
  ['closes', ['ready', 'disabled', 'restarting']],
  ['signals', ['ready', 'disabled', 'restarting']],
]

describe.skipIf(!fixtures)('a chain with a plugin that', () => {
  for (const [name, ends] of TROUBLES) {
    it(`${name} ends as ${ends[0]}, with the rest of the chain playing and nothing broken in the sound`, async () => {
      const isHang = name.startsWith('hang')
      open = new Stage({ entries, cacheDir: stems.cacheDir, ...(isHang ? { deadlineMs: 20, slowMs: 1_000 } : {}) })
      const one = open
      await one.load(plan(stems.sources, [playing(hiss, [fixture(name, 'bad'), fixture('gain')], 'a'), playing(other, [], 'b')]))
      const until = performance.now() + 12_000
      const isOver = (): boolean => ends.includes(one.rack.find('bad')?.state ?? 'loading')
      let sound: readonly Float32Array[] = []
      for (let round = 0; round < 3 || (!isOver() && performance.now() < until); round++) sound = await one.play(10, { everyMs: 6 })
      expect(ends).toContain(one.rack.find('bad')?.state)
      await one.until('gain', 'ready')
      expect(sound.every((samples) => samples.every(Number.isFinite))).toBe(true)
      expect(sound[1]!.every((value) => value !== 0)).toBe(true)
      if (['nan', 'infinity', 'loud'].includes(name)) expect((await one.until('bad', 'ready')).scrubbedSamples).toBeGreaterThan(0)
    }, 30_000)
  }
})
