// Plugins that other people made, read and tried out as a user's would be: what they are, that their state comes back, that their latency is what they say.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNodeProcessHost, Plugins } from '../../src-main/studio/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { hasReal, missingReal, REAL_PLUGINS, type RealPluginName } from '../rigs/real-plugins.ts'

const missing = missingReal()
if (missing.length > 0)
  process.stderr.write(`${missing.length} real plugins are not installed, tests of them are skipped: ${missing.join(', ')}\n`)

const names = Object.keys(REAL_PLUGINS) as RealPluginName[]

/** Frames, where it has to be measured exactly. */
const LATENCIES: Partial<Record<RealPluginName, number>> = {
  lspLimiter: 240,
  x42Limiter: 64,
  rubberband: 8_192,
  zamMaximiserClap: 480,
  zamMaximiserVst3: 480,
}

describe('real plugins', { timeout: 60_000 }, () => {
  let dir: string
  let plugins: Plugins
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-real-'))
    plugins = new Plugins({ dir, host: createNodeProcessHost(), onProblem: () => {}, now: Date.now })
    const paths = new Set(names.filter((name) => hasReal(name)).map((name) => REAL_PLUGINS[name].path))
    unwrap(await plugins.scan({ paths: [...paths] }))
  }, 120_000)
  afterAll(async () => {
    await plugins.close()
    rmSync(dir, { recursive: true, force: true })
  })

  for (const name of names)
    it.skipIf(!hasReal(name))(`can be relied on: ${name}`, async () => {
      const { format, id, path } = REAL_PLUGINS[name]
      expect(unwrap(plugins.find({ format, id })).path).toBe(path)
      const report = unwrap(await plugins.test({ format, id }))
      expect(report).toMatchObject({ isFine: true, failures: [] })
      const latency = LATENCIES[name]
      if (latency !== undefined) expect(report.trial?.latency).toMatchObject({ reported: latency, measured: latency })
      if (plugins.list().plugins.find((one) => one.id === id && one.format === format)?.isInstrument)
        expect(report.trial?.peakDb.atDefaults, 'an instrument that was played is heard').toBeGreaterThan(-60)
    })

  it.skipIf(!hasReal('zamVst3', 'zamClap'))('reach the engine with what was found out about short blocks', () => {
    const { entries } = plugins.registryForEngine()
    const cuttable = (name: RealPluginName) =>
      entries.find(({ format, id }) => format === REAL_PLUGINS[name].format && id === REAL_PLUGINS[name].id)
    expect(cuttable('zamVst3')).toMatchObject({ path: REAL_PLUGINS.zamVst3.path, takesShortBlocks: true })
    expect(cuttable('zamClap')).toMatchObject({ takesShortBlocks: false })
  })
})
