// The catalogue as this machine sees it: works, what was pulled of them, recent remixes, the service.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { AppInfo, LibraryWork, PullState, RecentRemix } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { request } from './bridge.ts'
import { toastDone, toastProblem } from './notices.ts'

export interface LibraryState {
  readonly info: AppInfo | null
  readonly query: string
  /** Null until the first answer. */
  readonly works: readonly LibraryWork[] | null
  readonly isOffline: boolean
  readonly problem: Problem | null
  readonly recents: readonly RecentRemix[]
  readonly selected: string | null
  /** True while main makes a remix of a work. */
  readonly opening: string | null
  /** The demo catalogue is being made, once. */
  readonly preparing: { readonly fraction: number; readonly label: string } | null
}

export const libraryStore = createStore<LibraryState>(() => ({
  info: null,
  query: '',
  works: null,
  isOffline: false,
  problem: null,
  recents: [],
  selected: null,
  opening: null,
  preparing: null,
}))

export const useLibrary = <T>(select: (state: LibraryState) => T): T => useStore(libraryStore, select)

let asked = 0

/** Asks for the catalogue with the query as it stands, and for recent remixes. */
export const loadLibrary = async (): Promise<void> => {
  const turn = ++asked
  const { query } = libraryStore.getState()
  const [works, recents] = await Promise.all([request('catalogue.search', { query }), request('remix.recent', {})])
  if (turn !== asked) return
  if (recents.ok) libraryStore.setState({ recents: recents.value })
  if (!works.ok) return libraryStore.setState({ problem: works.error })
  const { selected } = libraryStore.getState()
  const list = works.value.works
  libraryStore.setState({
    works: list,
    isOffline: works.value.isOffline,
    problem: null,
    selected: list.some(({ work }) => work.id === selected) ? selected : (list[0]?.work.id ?? null),
  })
}

let typing: ReturnType<typeof setTimeout> | undefined

/** Searches while typing. */
export const setQuery = (query: string): void => {
  libraryStore.setState({ query })
  clearTimeout(typing)
  typing = setTimeout(() => void loadLibrary(), 140)
}

const setPull = (work: string, pull: PullState): void =>
  libraryStore.setState(({ works }) => ({ works: works?.map((entry) => (entry.work.id === work ? { ...entry, pull } : entry)) ?? null }))

export const startPull = async (work: string): Promise<void> => {
  const reply = await request('pull.start', { work })
  if (!reply.ok) toastProblem(reply.error)
}
export const pausePull = async (work: string): Promise<void> => {
  const reply = await request('pull.pause', { work })
  if (!reply.ok) toastProblem(reply.error)
}

/** Takes a licence pack into the catalogue: a dropped file by its token, or one chosen in a dialog. */
export const importPack = async (token: string | null): Promise<void> => {
  const reply = await request('pack.import', { token })
  if (!reply.ok) return toastProblem(reply.error)
  if (reply.value === null) return
  toastDone(`${reply.value.title} is in the catalogue`, 'Pull it to get its licence and stems.')
  libraryStore.setState({ query: '', selected: reply.value.work })
  await loadLibrary()
}

export const forgetRecent = async (recent: string): Promise<void> => {
  await request('remix.forget', { recent })
  await loadLibrary()
}

/** First load, and staying up to date after it. */
export const startLibrary = (): void => {
  window.stemma.on('pull.changed', ({ work, pull }) => setPull(work, pull))
  window.stemma.on('catalogue.changed', () => void loadLibrary())
  window.stemma.on('catalogue.preparing', (preparing) => libraryStore.setState({ preparing }))
  window.stemma.on('app.problem', toastProblem)
  window.stemma.on('service.changed', (service) => {
    const { info } = libraryStore.getState()
    if (info) libraryStore.setState({ info: { ...info, service } })
    void loadLibrary()
  })
  void request('app.info', {}).then((reply) => reply.ok && libraryStore.setState({ info: reply.value }))
  void loadLibrary()
}
