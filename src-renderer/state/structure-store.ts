// View state of the song's structure: the chosen section, a proposal that lies over the lane, a section that is being dragged, taps.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { viewStore } from './view-store.ts'

export interface ProposedSection {
  readonly name: string
  readonly color: string
  readonly atTick: number
  readonly lengthTicks: number
  /** 0..1. */
  readonly confidence: number
}

export interface StructureState {
  readonly sectionId: string | null
  /** Sections that were heard and wait for a yes. */
  readonly proposal: {
    readonly title: string
    readonly origin: 'stated' | 'detected'
    readonly sections: readonly ProposedSection[]
  } | null
  /** The section under the pointer's drag and how far it was moved, in pixels. */
  readonly dragged: { readonly id: string; readonly dx: number } | null
  readonly isMusicOpen: boolean
  /** The work that tempo, meter and key are shown of; null is the one the remix began with. */
  readonly musicWorkId: string | null
  /** Times of taps in milliseconds. */
  readonly taps: readonly number[]
}

export const structureStore = createStore<StructureState>(() => ({
  sectionId: null,
  proposal: null,
  dragged: null,
  isMusicOpen: false,
  musicWorkId: null,
  taps: [],
}))

export const useStructure = <T>(select: (state: StructureState) => T): T => useStore(structureStore, select)

export const selectSection = (sectionId: string | null): void => structureStore.setState({ sectionId })

viewStore.subscribe((view, before) => {
  // One thing is chosen at a time: a clip, a track, or a section.
  if ((view.clipIds !== before.clipIds && view.clipIds.length > 0) || (view.trackId !== before.trackId && view.trackId !== null))
    selectSection(null)
})

/** Notes a tap of the tempo and shows what it comes to. */
export const tapTempo = (): void =>
  structureStore.setState(({ taps }) => ({ taps: [...taps, performance.now()].slice(-64), isMusicOpen: true }))
