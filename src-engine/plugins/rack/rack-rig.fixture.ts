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

const latent = (format: RegistryEntry['format'], id: string, file: string, frames: number) => ({
  format,
  id,
  path: `/usr/lib/${format}/${file}.${format}`,
  frames,
})

/** Plugins that trial found to report their true latency, with the file each lies in. All that there are stand in docs/plugins.md. */
export const LATENT = [
  latent('lv2', 'http://gareus.org/oss/lv2/dpl#stereo', 'dpl', 64),
  latent('lv2', 'http://lsp-plug.in/plugins/lv2/limiter_stereo', 'lsp-plugins', 240),
  latent('lv2', 'http://lsp-plug.in/plugins/lv2/loud_comp_stereo', 'lsp-plugins', 4_096),
  latent('lv2', 'http://gareus.org/oss/lv2/phaserotate#stereo', 'phaserotate', 1_792),
  latent('lv2', 'http://breakfastquay.com/rdf/lv2-rubberband#stereo', 'rubberband', 8_192),
  latent('lv2', 'urn:zamaudio:ZaMaximX2', 'ZaMaximX2', 480),
  latent('clap', 'com.zamaudio.ZaMaximX2', 'ZaMaximX2', 480),
  latent('vst3', '2046504473616C6332584D5A00000000', 'ZaMaximX2', 480),
]

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
  ...LATENT.filter(isInstalled).map(({ format, id, path }) => entry(format, id, path)),
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
