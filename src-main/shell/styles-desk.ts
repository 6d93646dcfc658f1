// Styles in the window: what there is, what one would do, and doing it as one undo step of the open remix.
import { basename } from 'node:path'
import { type BrowserWindow, dialog } from 'electron'
import { findStyle, needsOf, orderOfOwnStyle, STYLE_DESCRIPTORS, type StyleFacts, understandWords } from '../../src-engine/styles/index.ts'
import type { AppReplies, StyleOrder, StyleReport, styleRequestSchemas } from '../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import {
  type OpenRemix,
  proposeStyle,
  readStyleFile,
  safeFileName,
  type Studio,
  type StyleProposal,
  styleToSave,
  termsOf,
  writeStyleFile,
} from '../studio/index.ts'
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

/** What is known before anything was listened to. */
const termFacts = ({ session }: OpenRemix, studio: Studio): StyleFacts => ({ terms: termsOf(session.snapshot, studio.desk, 'edit') })

const openFile = async (path: string): Promise<Result<{ readonly name: string; readonly order: StyleOrder }>> => {
  const style = await readStyleFile(path)
  if (!style.ok) return style
  // With seed 1 each step is as it was saved.
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
    'styles.needs': ({ uid, order }) =>
      onRemix(uid, (remix, { studio }) => {
        const style = findStyle(order.style)
        return style.ok ? ok({ needs: needsOf(style.value, order, remix.session.snapshot, termFacts(remix, studio)) }) : style
      }),
    'styles.words': ({ uid, text }) =>
      onRemix(uid, (remix, { studio }) => {
        const { snapshot } = remix.session
        const facts = termFacts(remix, studio)
        const { readings, notUnderstood, actions } = understandWords(text, snapshot, facts)
        const words = findStyle('words')
        const needs = words.ok ? needsOf(words.value, { params: { text } }, snapshot, facts) : []
        return ok({ readings, notUnderstood, isUsable: actions.length > 0, needs })
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
        const style = styleToSave(name, orders, remix.session.snapshot)
        if (!style.ok) return style
        const chosen = await dialog.showSaveDialog(window, {
          title: 'Save style',
          defaultPath: `${safeFileName(name)}.json`,
          filters: STYLE_FILES,
        })
        if (chosen.canceled || !chosen.filePath) return ok(null)
        const written = await writeStyleFile(chosen.filePath, style.value)
        if (!written.ok) return written
        return ok({ fileName: basename(chosen.filePath) })
      }),
  }
}
