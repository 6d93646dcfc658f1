// A process to lose: does one thing with one plugin and says `started` and `done` on handle 3. See plugin-trials.ts.
import { writeSync } from 'node:fs'
import type { BlockEvents, PluginInstance } from '../../src-engine/plugins/index.ts'
import { loaderOf } from '../../src-engine/plugins/loaders.ts'
import type { PluginFormat } from '../../src-shared/plugins/index.ts'

const EVENTS: BlockEvents = {
  parameters: [],
  notes: [],
  timeline: { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 },
}
const [format, step, path, id] = process.argv.slice(2) as [PluginFormat, string, string, string]

const play = (plugin: PluginInstance): void => {
  plugin.activate()
  for (let block = 0; block < 40; block++) plugin.process(512, EVENTS)
}

const loader = await loaderOf(format)
writeSync(3, 'started ')
if (step === 'scan') loader.scan(path)
else {
  const plugin = loader.open(path, id, { sampleRate: 48_000, maxFrames: 512, isOffline: false })
  if (step === 'process' || step === 'close') play(plugin)
  if (step === 'save' || step === 'load') {
    const state = plugin.saveState()
    if (step === 'load' && state !== null) plugin.loadState(state)
  }
  if (step === 'close') plugin.close()
}
writeSync(3, 'done')
process.kill(process.pid, 'SIGKILL')
