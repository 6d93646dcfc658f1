// Requests of the window: sender checked, payload decoded, answered with a Result. Nothing that throws here reaches the window as more than a sentence.
import { type BrowserWindow, ipcMain } from 'electron'
import { z } from 'zod'
import {
  type AppEventName,
  type AppEvents,
  type AppReplies,
  type AppRequest,
  type AppRequestName,
  appRequestSchemas,
} from '../../src-shared/protocol/index.ts'
import { fail, ProblemError, type Result } from '../../src-shared/std/index.ts'

export type RequestHandlers = { readonly [N in AppRequestName]: (payload: AppRequest<N>) => Promise<Result<AppReplies[N]>> }

export const REQUEST_CHANNEL = 'stemma:request'
export const EVENT_CHANNEL = 'stemma:event'

const isRequestName = (name: unknown): name is AppRequestName => typeof name === 'string' && Object.hasOwn(appRequestSchemas, name)

const answer = async (handlers: RequestHandlers, name: unknown, payload: unknown): Promise<Result<unknown>> => {
  if (!isRequestName(name)) return fail('ipc.unknown_request', 'The window asked for something this version does not know.')
  const decoded = appRequestSchemas[name].safeParse(payload)
  if (!decoded.success)
    return fail('ipc.malformed', `The window sent a request (${name}) that could not be read: ${z.prettifyError(decoded.error)}`)
  try {
    // The schema just decoded belongs to this name; the map's type says so name by name, which TypeScript cannot follow through a variable.
    const handler = handlers[name] as (payload: unknown) => Promise<Result<unknown>>
    return await handler(decoded.data)
  } catch (error) {
    if (error instanceof ProblemError) return { ok: false, error: error.problem }
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    return fail(
      'app.defect',
      `Something went wrong inside Stemma (${error instanceof Error ? error.message : String(error)}). Your remix is kept; try again, and report it if it happens twice.`,
    )
  }
}

/** Serves `handlers` to `window`'s own top frame and to nobody else. */
export const serveRequests = (window: BrowserWindow, handlers: RequestHandlers): void => {
  ipcMain.handle(REQUEST_CHANNEL, (event, name: unknown, payload: unknown) => {
    if (event.sender !== window.webContents || event.senderFrame !== window.webContents.mainFrame) {
      return fail('ipc.stranger', 'A page that is not the app’s own asked for something.')
    }
    return answer(handlers, name, payload)
  })
  window.on('closed', () => ipcMain.removeHandler(REQUEST_CHANNEL))
}

export type SendEvent = <N extends AppEventName>(name: N, event: AppEvents[N]) => void

export const eventSender =
  (window: BrowserWindow): SendEvent =>
  (name, event) => {
    if (!window.isDestroyed()) window.webContents.send(EVENT_CHANNEL, name, event)
  }
