// What runs plugins loads native code: only a process or thread that has plugins to run is made to wait for that.
import type { Problem } from '../../../src-shared/std/index.ts'
import type { EnginePlugins } from './engine-plugins.ts'
import type { prepareOffline as prepare } from './offline-plugins.ts'
import type { Voices, VoicesTicket } from './offline-voice.ts'

/** The plugins of an engine; see `engine-plugins.ts`. */
export const openEnginePlugins = async (...input: ConstructorParameters<typeof EnginePlugins>): Promise<EnginePlugins> =>
  new (await import('./engine-plugins.ts')).EnginePlugins(...input)

/** Opens what a render hears; see `offline-plugins.ts`. */
export const prepareOffline: typeof prepare = async (...input) => (await import('./offline-plugins.ts')).prepareOffline(...input)

/** Takes on what another thread prepared. */
export const adoptVoices = async (ticket: VoicesTicket, onWarning: (problem: Problem) => void): Promise<Voices> =>
  (await import('./offline-voice.ts')).adoptVoices(ticket, onWarning)
