// Functions plugins call back. Registered once per process on the thread that calls plugins. koffi turns a thrown error into a silent 0,
// so it is kept and thrown when the call into the plugin is over.
import koffi, { type TypeObject } from 'koffi'
import type { Pointer } from '../native/index.ts'

let firstFailure: Error | undefined

/** Address of a function whose errors are remembered; `fallback` is what native code gets then. */
export const nativeCallback = <A extends readonly unknown[], R>(prototype: TypeObject, fallback: R, run: (...args: A) => R): Pointer =>
  koffi.register((...args: unknown[]): R => {
    try {
      return run(...(args as unknown as A))
    } catch (error) {
      firstFailure ??= error instanceof Error ? error : new Error(String(error))
      return fallback
    }
  }, koffi.pointer(prototype))

/** Throws what the last calls into a plugin made a callback throw. */
export const throwRemembered = (): void => {
  const failure = firstFailure
  firstFailure = undefined
  if (failure) throw failure
}
