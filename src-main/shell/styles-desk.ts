// Styles in the window: what there is, what one would do, and doing it as one undo step of the open remix.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type BrowserWindow, dialog } from 'electron'
import {
  decodeOwnStyle,
  findStyle,
  MAX_OWN_STYLE_BYTES,
  orderOfOwnStyle,
  ownStyleOf,
  recipesOf,
  STYLE_DESCRIPTORS,
  styleById,
  understandWords,
} from '../../src-engine/styles/index.ts'
import type { AppReplies, StyleOrder, StyleReport, styleRequestSchemas } from '../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { fileProblem, type OpenRemix, proposeStyle, safeFileName, type Studio, type StyleProposal, termsOf } from '../studio/index.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { OfferedFiles } from './offered-files.ts'
import type { RemixDesk } from './remix-desk.ts'

export type StyleHandlers = Pick<RequestHandlers, keyof typeof styleRequestSchemas>

export interface StyleDeskTools {
  readonly studio: Studio
  readonly remixes: RemixDesk
}

const AUDIO_FILES = [{ name: 'Audio', extensions: ['wav', 'flac', 'mp3', 'm4a', 'aac', 'ogg', 'opus', 'aif', 'aiff'] }]
const STYLE_FILES = [{ name: 'Stemma style', extensions: ['json'] }]

const reportOf = ({ recipe, summary, leftOut, asks, notes, commands }: StyleProposal): StyleReport => ({
  recipe,
  summary,
  leftOut,
  asks,
  notes,
  edits: commands.length,
})

const openFile = async (path: string): Promise<Result<{ readonly name: string; readonly order: StyleOrder }>> => {
  let json: string
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size > MAX_OWN_STYLE_BYTES)
      return fail('style.own_too_large', `${basename(path)} is no style: a style file has at most ${MAX_OWN_STYLE_BYTES >> 10} KB.`)
    json = await readFile(path, 'utf8')
  } catch (error) {
    return { ok: false, error: fileProblem(error, path) }
  }
  const style = decodeOwnStyle(json, styleById)
  if (!style.ok) return style
  const order = orderOfOwnStyle(style.value, 1)
  return order.ok ? ok({ name: style.value.name, order: { style: order.value.style, params: { ...order.value.params }, seed: 1 } }) : order
}

export const styleHandlers = (
  desks: () => Promise<Result<StyleDeskTools>>,
  { window, send, offered }: { readonly window: BrowserWindow; readonly send: SendEvent; readonly offered: OfferedFiles },
): StyleHandlers => {
  /** Finds the remix, then does something with it. */
  const onRemix = async <T>(
    uid: string,
    work: (remix: OpenRemix, tools: StyleDeskTools) => Promise<Result<T>> | Result<T>,
  ): Promise<Result<T>> => {
    const tools = await desks()
    if (!tools.ok) return tools
    const remix = tools.value.remixes.find(uid)
    return remix.ok ? work(remix.value, tools.value) : remix
  }
  /** A file the user dropped, or picks now; null where the dialog was closed. */
  const pick = async (
    token: string | null,
    title: string,
    filters: { name: string; extensions: string[] }[],
  ): Promise<Result<string | null>> => {
    if (token !== null) {
      const path = offered.take(token)
      return path === undefined ? fail('file.unknown', 'This file is not offered any more. Drop it again.') : ok(path)
    }
    const chosen = await dialog.showOpenDialog(window, { title, properties: ['openFile'], filters })
    const [path] = chosen.filePaths
    return ok(chosen.canceled || path === undefined ? null : path)
  }
  const propose = (uid: string, order: StyleOrder, remix: OpenRemix, studio: Studio): Promise<Result<StyleProposal>> =>
    proposeStyle(studio.factTools(remix.session.snapshot), remix.session.snapshot, order, {
      onProgress: (fraction, label) => send('styles.progress', { uid, fraction, label }),
    })
  return {
    'styles.list': async () => ok({ styles: STYLE_DESCRIPTORS }),
    'styles.preview': ({ uid, order }) =>
      onRemix(uid, async (remix, { studio }) => {
        const proposal = await propose(uid, order, remix, studio)
        return proposal.ok ? ok(reportOf(proposal.value)) : proposal
      }),
    'styles.apply': ({ uid, order }) =>
      onRemix<AppReplies['styles.apply']>(uid, async (remix, { studio, remixes }) => {
        const before = remix.session.snapshot
        const proposal = await propose(uid, order, remix, studio)
        if (!proposal.ok) return proposal
        // Listening may take a while, and the remix stays editable meanwhile.
        if (remix.session.snapshot !== before)
          return fail('style.remix_changed', 'The remix was changed while the style listened to it. Apply it again.')
        const style = findStyle(order.style)
        const reply = remixes.edit(uid, proposal.value.commands, style.ok ? `Style ${style.value.label}` : 'Style')
        return reply.ok ? ok({ report: reportOf(proposal.value), reply: reply.value }) : reply
      }),
    'styles.words': ({ uid, text }) =>
      onRemix(uid, (remix, { studio }) => {
        const { snapshot } = remix.session
        const { readings, notUnderstood, actions } = understandWords(text, snapshot, { terms: termsOf(snapshot, studio.desk, 'edit') })
        return ok({ readings, notUnderstood, isUsable: actions.length > 0 })
      }),
    'styles.reference': async ({ token }) => {
      const tools = await desks()
      if (!tools.ok) return tools
      const path = await pick(token, 'Choose a sound to match', AUDIO_FILES)
      return path.ok && path.value !== null ? tools.value.studio.references.add(path.value) : (path as Result<null>)
    },
    'styles.open': async ({ token }) => {
      const path = await pick(token, 'Open style', STYLE_FILES)
      return path.ok && path.value !== null ? openFile(path.value) : (path as Result<null>)
    },
    'styles.save': ({ uid, name, orders }) =>
      onRemix<AppReplies['styles.save']>(uid, async (remix) => {
        const recipes = orders ?? recipesOf(remix.session.snapshot)
        if (recipes.length === 0) return fail('style.nothing_to_save', 'No style was run on this remix yet, so there is none to save.')
        const style = decodeOwnStyle(JSON.stringify(ownStyleOf(name, recipes)), styleById)
        if (!style.ok) return style
        const chosen = await dialog.showSaveDialog(window, {
          title: 'Save style',
          defaultPath: `${safeFileName(name)}.json`,
          filters: STYLE_FILES,
        })
        if (chosen.canceled || !chosen.filePath) return ok(null)
        try {
          await writeFile(chosen.filePath, `${JSON.stringify(style.value, null, 2)}\n`)
        } catch (error) {
          return { ok: false, error: fileProblem(error, chosen.filePath) }
        }
        return ok({ fileName: basename(chosen.filePath) })
      }),
  }
}
