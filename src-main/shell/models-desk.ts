// Models of the user's own in the window: listing them and adding one from a file.
import { type BrowserWindow, dialog } from 'electron'
import type { AppReplies, modelRequestSchemas } from '../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { Studio } from '../studio/index.ts'
import type { RequestHandlers } from './ipc-router.ts'
import type { OfferedFiles } from './offered-files.ts'

export type ModelHandlers = Pick<RequestHandlers, keyof typeof modelRequestSchemas>

export const modelHandlers = (
  ready: <T>(work: (studio: Studio) => Promise<Result<T>>) => Promise<Result<T>>,
  { window, offered }: { readonly window: BrowserWindow; readonly offered: OfferedFiles },
): ModelHandlers => {
  const pick = async (token: string | null): Promise<Result<string | null>> => {
    if (token !== null) {
      const path = offered.take(token)
      return path === undefined ? fail('file.unknown', 'This file is not offered any more. Drop it again.') : ok(path)
    }
    const chosen = await dialog.showOpenDialog(window, {
      title: 'Add a model',
      properties: ['openFile'],
      filters: [{ name: 'ONNX model', extensions: ['onnx'] }],
    })
    const [path] = chosen.filePaths
    return ok(chosen.canceled || path === undefined ? null : path)
  }
  return {
    'models.list': () => ready(async (studio) => ok({ models: await studio.models.list() })),
    'models.add': ({ token, name, version, licence }) =>
      ready<AppReplies['models.add']>(async (studio) => {
        const path = await pick(token)
        if (!path.ok || path.value === null) return path as Result<null>
        return studio.models.add(path.value, {
          name: name || undefined,
          version: version || undefined,
          licence: licence || undefined,
        })
      }),
  }
}
