// The file that was looked at last.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { VerifyReport } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { request } from '../state/index.ts'

export type VerifyState =
  | { readonly state: 'empty' }
  | { readonly state: 'reading'; readonly name: string | null }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'done'; readonly report: VerifyReport }

export const verifyStore = createStore<{ readonly view: VerifyState }>(() => ({ view: { state: 'empty' } }))

export const useVerify = <T>(select: (view: VerifyState) => T): T => useStore(verifyStore, ({ view }) => select(view))

/** Verifies a dropped file by its token, or one chosen in a dialog. */
export const verifyFile = async (token: string | null, name: string | null = null): Promise<void> => {
  const before = verifyStore.getState().view
  verifyStore.setState({ view: { state: 'reading', name } })
  const reply = await request('verify.file', { token })
  if (!reply.ok) verifyStore.setState({ view: { state: 'failed', problem: reply.error } })
  else if (reply.value === null) verifyStore.setState({ view: before })
  else {
    verifyStore.setState({ view: { state: 'done', report: reply.value } })
    announce(`${reply.value.integrity.sentence} ${reply.value.signer?.sentence ?? ''} ${reply.value.trust.sentence}`)
  }
}
