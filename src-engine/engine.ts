// Entry of the engine process: a utility process under Electron, a plain child process under the command line and in tests.
import { ENGINE_ATTACH_WINDOW } from '../src-shared/protocol/index.ts'
import { ownerPort } from './parent-port.ts'
import { EngineServer } from './server.ts'

const owner = ownerPort()
const server = new EngineServer()
server.attachOwner(owner)
owner.onPort((message, port) => {
  if (message === ENGINE_ATTACH_WINDOW) server.attachWindow(port)
})
// Without an owner nobody hears or stops it. Its helpers end with the process.
owner.onClose(() => process.exit(0))
