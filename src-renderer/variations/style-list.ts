// The styles there are, by group, as the setup bar and the filter name them. Asked for once.
import { useEffect } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { StyleInfo } from '../../src-shared/protocol/index.ts'
import { request } from '../state/index.ts'

const styleStore = createStore<{ readonly styles: readonly StyleInfo[]; readonly isAsked: boolean }>(() => ({ styles: [], isAsked: false }))

/** All styles; empty until they are known. */
export const useStyles = (): readonly StyleInfo[] => {
  useEffect(() => {
    if (styleStore.getState().isAsked) return
    styleStore.setState({ isAsked: true })
    void request('styles.list', {}).then((reply) => styleStore.setState(reply.ok ? { styles: reply.value.styles } : { isAsked: false }))
  }, [])
  return useStore(styleStore, (state) => state.styles)
}

const DRAWN: ReadonlySet<string> = new Set(['sound', 'arrangement', 'groove'])

/** Styles that variations are drawn from; the others need something chosen first. */
export const drawnStyles = (styles: readonly StyleInfo[]): readonly StyleInfo[] =>
  styles.filter((style) => DRAWN.has(style.group) && !style.needs.includes('reference'))

/** Words for a style's id. */
export const styleLabel = (styles: readonly StyleInfo[], id: string): string =>
  styles.find((style) => style.id === id)?.label ?? id.replace(/^./, (first) => first.toUpperCase()).replaceAll('-', ' ')
