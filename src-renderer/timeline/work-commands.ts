// A second work in the remix: taken in from the library, then brought to the remix's tempo and key.
import { clipsOf, matchable, matchLabel, type RemixSnapshot, recordOf, recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import { announce, type MenuEntry } from '../parts/index.ts'
import {
  edit,
  libraryStore,
  remixStore,
  request,
  settledSnapshot,
  showTip,
  structureStore,
  toastDone,
  toastProblem,
  viewStore,
} from '../state/index.ts'
import { isGuest } from './structure.ts'

/** Takes a work that is on this computer into the open remix. */
export const addWork = async (work: string, title: string): Promise<void> => {
  const { uid } = remixStore.getState()
  if (uid === null) return
  const reply = await request('remix.addWork', { uid, work })
  if (!reply.ok) return toastProblem(reply.error)
  const { mutedBecause } = reply.value
  toastDone(
    mutedBecause === null ? `${title} is in the remix` : `${title} is in the remix, muted`,
    mutedBecause === null
      ? 'Its stems are on tracks of their own below, at their own tempo and key.'
      : `${mutedBecause} Shorten the clips you want, then unmute them.`,
    { label: 'Match tempo and key', run: () => matchWork(work) },
  )
}

/** Works on this computer that are not in the remix yet, as menu entries. */
export const addWorkEntries = (): readonly MenuEntry[] => {
  const snapshot = settledSnapshot()
  const ready = (libraryStore.getState().works ?? []).filter(({ work, pull }) => pull.state === 'ready' && !snapshot.has(work.id))
  return ready.length === 0
    ? [{ label: 'Pull another work in the library first', isDisabled: true, run: () => undefined }]
    : ready.map(({ work }) => ({ label: work.title, run: () => void addWork(work.id, work.title) }))
}

/** The work that is meant: that of the chosen clips or track, unless it is in the remix's tempo and key already or gave them; then one that did not. */
const meantWork = (snapshot: RemixSnapshot): string | undefined => {
  const { clipIds, trackId } = viewStore.getState()
  const works = recordsOf(snapshot, 'work')
  if (works.length < 2) return undefined
  const clip = recordOf(snapshot, 'clip', clipIds.at(-1) ?? '') ?? clipsOf(snapshot).find((one) => one.trackId === trackId)
  const chosen = clip && recordOf(snapshot, 'stem', clip.stemId)?.workId
  const { tempo, key } = remixOf(snapshot)
  const others = works.filter((work) => work.milliBpm !== tempo[0]?.milliBpm || work.key !== key)
  const guests = others.filter((work) => isGuest(snapshot, work.id))
  return (guests.find((work) => work.id === chosen) ?? guests.at(-1) ?? others.find((work) => work.id === chosen) ?? others.at(-1))?.id
}

/** Brings a work to the tempo and key of the remix, as far as they are known. What is not, and what the licence refuses, is said. */
export const matchWork = (workId: string | undefined = meantWork(settledSnapshot())): void => {
  const snapshot = settledSnapshot()
  const work = recordOf(snapshot, 'work', workId ?? '')
  if (!work) {
    showTip({
      title: 'Nothing to match',
      message:
        'No other work here has a tempo or key of its own. Add one with the plus at the top left of the arrangement, or choose its clips.',
      alternative: null,
    })
    return
  }
  const match = matchable(snapshot, work)
  const what = match.tempo === match.key ? 'tempo and key' : match.tempo ? 'tempo' : 'key'
  void edit([{ op: 'work.match', workId: work.id }], matchLabel(work.title, match)).then((isDone) => {
    if (!isDone) return
    if (match.leftOut === null) announce(`${work.title} follows the tempo and key of the remix`)
    else
      toastDone(`${work.title} follows the ${what} only`, match.leftOut, {
        label: 'Show what is known',
        run: () => structureStore.setState({ isMusicOpen: true, musicWorkId: work.id }),
      })
  })
}
