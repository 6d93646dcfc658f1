// What tests of plugins in the mix share: a registry of fixtures and installed plugins, and renders with hosts of their own.
import { existsSync } from 'node:fs'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import { type Problem, unwrap } from '../../../src-shared/std/index.ts'
import { type ClapFixture, clapId, type FixturePlugins } from '../../../tests/rigs/fixture-plugins.ts'
import { renderPlan, type RenderPlanOptions } from '../../render/index.ts'
import { spawnNodeHost } from '../client/index.ts'
import type { OfflineTools } from './offline-plugins.ts'
import { prepareOffline } from './offline-plugins.ts'
import { PluginRegistry, type RegistryEntry } from './registry.ts'

/** LV2 plugins that trial found to report their true latency, with the bundle each lies in. */
export const LATENT_LV2 = [
  { id: 'http://lsp-plug.in/plugins/lv2/limiter_stereo', path: '/usr/lib/lv2/lsp-plugins.lv2', frames: 240 },
  { id: 'http://gareus.org/oss/lv2/dpl#stereo', path: '/usr/lib/lv2/dpl.lv2', frames: 64 },
  { id: 'http://breakfastquay.com/rdf/lv2-rubberband#stereo', path: '/usr/lib/lv2/rubberband.lv2', frames: 8_192 },
] as const

export const isInstalled = ({ path }: { readonly path: string }): boolean => existsSync(path)

const entry = (format: RegistryEntry['format'], id: string, path: string): RegistryEntry => ({
  format,
  id,
  path,
  isIsolated: false,
  environment: {},
})

/** Everything that tests run. */
export const registryEntries = (fixtures: FixturePlugins | null, names: readonly ClapFixture[]): RegistryEntry[] => [
  ...(fixtures ? names.map((name) => entry('clap', clapId(name), fixtures.plugin(name).path)) : []),
  ...LATENT_LV2.filter(isInstalled).map(({ id, path }) => entry('lv2', id, path)),
]

export const offlineTools = (entries: readonly RegistryEntry[]): OfflineTools => {
  const registry = new PluginRegistry()
  registry.replace(entries)
  return { prepare: (plan, groups, signal) => prepareOffline(plan, groups, { registry, spawn: spawnNodeHost }, signal) }
}

export interface Rendered {
  readonly left: Float32Array
  readonly right: Float32Array
  readonly stems: ReadonlyMap<number, { readonly left: Float32Array; readonly right: Float32Array }>
  readonly warnings: readonly Problem[]
  readonly frames: number
}

/** A render in memory. */
export const renderWith = async (
  plan: RenderPlan,
  cacheDir: string,
  plugins: OfflineTools,
  more: Partial<Pick<RenderPlanOptions, 'threads' | 'fromFrame' | 'toFrame' | 'ringsOut' | 'signal'>> = {},
): Promise<Rendered> => {
  const { fromFrame = 0, toFrame = plan.lengthFrames + plan.tailFrames } = more
  const room = toFrame - fromFrame + 31 * 48_000
  const newSound = () => ({ left: new Float32Array(room), right: new Float32Array(room) })
  const mix = newSound()
  const stems = new Map<number, ReturnType<typeof newSound>>()
  const warnings: Problem[] = []
  const { frames } = unwrap(
    await renderPlan({
      plan,
      cacheDir,
      threads: 1,
      plugins,
      ...more,
      fromFrame,
      toFrame,
      onWarning: (problem) => warnings.push(problem),
      onBlock: (block, kernels) => {
        mix.left.set(kernels.f32(block.left, block.frames), block.frame - fromFrame)
        mix.right.set(kernels.f32(block.right, block.frames), block.frame - fromFrame)
      },
      onStem: (track, block, count, frame, kernels) => {
        const stem = stems.get(track) ?? newSound()
        stems.set(track, stem)
        stem.left.set(kernels.f32(block.left, count), frame - fromFrame)
        stem.right.set(kernels.f32(block.right, count), frame - fromFrame)
      },
    }),
  )
  const cut = ({ left, right }: ReturnType<typeof newSound>) => ({ left: left.subarray(0, frames), right: right.subarray(0, frames) })
  return { ...cut(mix), stems: new Map([...stems].map(([index, stem]) => [index, cut(stem)])), warnings, frames }
}
