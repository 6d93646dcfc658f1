// The halves of a VST3 plugin, started and joined: the component with its processor makes sound, the controller knows parameters. They are one
// object, or two that talk by messages.
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import { HostInterface, IS_COM, RESULT, readBytes, signature } from './com.ts'
import type { NativeObject } from './com.ts'
import { hostPointer } from './host-application.ts'
import type { Vst3Module } from './module.ts'
import { collectStream, feedStream } from './stream.ts'
import { UID_BYTES, uidHex } from './uids.ts'

const TAKES_POINTER = signature('int32', 'void *')
const PLAIN = signature('int32')
const BY_ID = signature('int32', 'uint32')

/** What a plugin tells its host of its own accord, gathered until somebody asks. */
export interface Notices {
  restartFlags: number
  /** Values the plugin's own controller set, by parameter id; its processor has yet to hear of them. */
  readonly edits: Map<number, number>
}

const handlers: HostInterface<Notices> = new HostInterface<Notices>({
  name: 'componentHandler',
  others: { componentHandler2: (self) => handlers2.give(self) },
  methods: [
    { type: BY_ID, run: () => RESULT.ok },
    {
      type: signature('int32', 'uint32', 'double'),
      run: (self, id: number, value: number) => {
        self.edits.set(id, value)
        return RESULT.ok
      },
    },
    { type: BY_ID, run: () => RESULT.ok },
    {
      type: signature('int32', 'int32'),
      run: (self, flags: number) => {
        self.restartFlags |= flags
        return RESULT.ok
      },
    },
  ],
})

/** Editors call for more than this; there are none here. */
const handlers2: HostInterface<Notices> = new HostInterface<Notices>({
  name: 'componentHandler2',
  others: { componentHandler: (self) => handlers.give(self) },
  methods: [
    { type: signature('int32', 'uint8'), run: () => RESULT.ok },
    { type: TAKES_POINTER, run: () => RESULT.notImplemented },
    { type: PLAIN, run: () => RESULT.ok },
    { type: PLAIN, run: () => RESULT.ok },
  ],
})

export interface Halves {
  readonly component: NativeObject
  readonly processor: NativeObject
  /** Null where the plugin has no parameters to tell of. */
  readonly controller: NativeObject | null
  readonly isSeparate: boolean
  readonly notices: Notices
  readonly componentState: () => Uint8Array | null
  readonly setComponentState: (bytes: Uint8Array) => boolean
  readonly controllerState: () => Uint8Array | null
  readonly setControllerState: (bytes: Uint8Array) => boolean
  readonly close: () => void
}

const memory = new Arena(64)
const classIdCell = memory.alloc(UID_BYTES)

/** Makes and joins the halves of a class. Throws a sentence where the plugin does not start. */
export const openHalves = (module: Vst3Module, classId: string, name: string): Halves => {
  const component = module.create(classId, 'component')
  if (component === null) throw new Error(`${name} could not be made`)
  if (component.method(3, TAKES_POINTER)(hostPointer) !== RESULT.ok) {
    component.release()
    throw new Error(`${name} refused to start`)
  }
  const processor = component.query('processor')
  if (processor === null) {
    component.method(4, PLAIN)()
    component.release()
    throw new Error(`${name} does not process sound`)
  }
  const own = component.query('controller')
  const controller = own ?? separateController(module, component, name)
  const isSeparate = own === null && controller !== null
  const notices: Notices = { restartFlags: 0, edits: new Map() }
  const handler = handlers.offer(notices)
  controller?.method(16, TAKES_POINTER)(handler)
  const disconnect = isSeparate ? connect(component, controller) : null

  const componentState = () => collectStream(component.method(13, TAKES_POINTER))
  const tellController = (bytes: Uint8Array): void => {
    if (isSeparate) feedStream(bytes, controller.method(5, TAKES_POINTER))
  }
  const initial = isSeparate ? componentState() : null
  if (initial !== null) tellController(initial)

  return {
    component,
    processor,
    controller,
    isSeparate,
    notices,
    componentState,
    setComponentState: (bytes) => {
      const isTaken = feedStream(bytes, component.method(12, TAKES_POINTER)) === RESULT.ok
      if (isTaken) tellController(bytes)
      return isTaken
    },
    controllerState: () => (isSeparate ? collectStream(controller.method(7, TAKES_POINTER)) : null),
    setControllerState: (bytes) => controller !== null && feedStream(bytes, controller.method(6, TAKES_POINTER)) === RESULT.ok,
    close: () => {
      disconnect?.()
      controller?.method(16, TAKES_POINTER)(null)
      if (isSeparate) controller.method(4, PLAIN)()
      component.method(4, PLAIN)()
      controller?.release()
      processor.release()
      component.release()
      handlers.withdraw(handler)
    },
  }
}

const separateController = (module: Vst3Module, component: NativeObject, name: string): NativeObject | null => {
  const cell: Pointer = memory.pointerTo(classIdCell)
  memory.bytes.fill(0, classIdCell, classIdCell + UID_BYTES)
  if (component.method(5, TAKES_POINTER)(cell) !== RESULT.ok) return null
  const controller = module.create(uidHex(readBytes(cell, UID_BYTES), IS_COM), 'controller')
  if (controller !== null && controller.method(3, TAKES_POINTER)(hostPointer) !== RESULT.ok) {
    controller.release()
    throw new Error(`${name} refused to start: its controls did not come up`)
  }
  return controller
}

/** Joins the two both ways; what undoes it, or null where they do not talk. */
const connect = (component: NativeObject, controller: NativeObject | null): (() => void) | null => {
  const a = component.query('connectionPoint')
  const b = controller?.query('connectionPoint') ?? null
  if (a === null || b === null) return null
  a.method(3, TAKES_POINTER)(b.pointer)
  b.method(3, TAKES_POINTER)(a.pointer)
  return () => {
    a.method(4, TAKES_POINTER)(b.pointer)
    b.method(4, TAKES_POINTER)(a.pointer)
    a.release()
    b.release()
  }
}
