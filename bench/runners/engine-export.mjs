// One export through the built engine process, as the command line runs it: fork, open, export, leave. Argument: a JSON file {cacheDir, job}.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const { cacheDir, job } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const engine = fork(join(import.meta.dirname, '../../out/main/engine.js'), [], {
  serialization: 'advanced',
  stdio: ['ignore', 2, 2, 'ipc'],
})
let nextId = 1
const waiting = new Map()
engine.on('message', (message) => {
  if (message.result) waiting.get(message.id)?.(message.result)
})
engine.on('exit', (code) => {
  if (waiting.size > 0) {
    process.stderr.write(`the engine left with ${code}\n`)
    process.exit(1)
  }
})
const ask = (name, payload) =>
  new Promise((resolve, reject) => {
    const id = nextId++
    waiting.set(id, (result) => {
      waiting.delete(id)
      if (result.ok) resolve(result.value)
      else reject(new Error(`${result.error.code}: ${result.error.message}`))
    })
    engine.send({ id, name, payload })
  })

await ask('engine.open', { cacheDir, output: 'silent' })
const reply = await ask('export.run', job)
process.stdout.write(JSON.stringify({ pcmSha256: reply.pcmSha256, bytes: reply.files[0]?.bytes }))
engine.disconnect()
engine.kill()
