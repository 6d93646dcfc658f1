// A process to lose: does one thing with one plugin and says `done` on handle 3. Run by tests for plugins that take their process with them.
import { writeSync } from 'node:fs'
import type { BlockEvents, PluginInstance } from '../instance.ts'
import { clapLoader } from './index.ts'

const EVENTS: BlockEvents = {
  parameters: [],
  notes: [],
  timeline: { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 },
}
const [step, path, id] = process.argv.slice(2) as [string, string, string]

const process40Blocks = (plugin: PluginInstance): void => {
  plugin.activate()
  for (let block = 0; block < 40; block++) plugin.process(512, EVENTS)
}

if (step === 'scan') clapLoader.scan(path)
else {
  const plugin = clapLoader.open(path, id, { sampleRate: 48_000, maxFrames: 512, isOffline: false })
  if (step === 'process') process40Blocks(plugin)
  if (step === 'save') plugin.saveState()
  if (step === 'load') plugin.loadState(new TextEncoder().encode('word'))
  if (step === 'close') {
    plugin.activate()
    plugin.close()
  }
}
writeSync(3, 'done')
process.kill(process.pid, 'SIGKILL')
