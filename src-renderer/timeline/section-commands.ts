// What keys and menus do to sections and to time. Each is one undo step.
import { Copy, Palette, Pencil, Play, Repeat, Replace, Scissors, Trash2 } from 'lucide-react'
import { type EditCommand, endTick, type Marker, recordOf, recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import { barPositionAt, tick } from '../../src-shared/time/index.ts'
import { announce, type MenuEntry } from '../parts/index.ts'
import {
  analyseWork,
  edit,
  newId,
  play,
  playheadTick,
  seekTick,
  selectClips,
  selectSection,
  settledSnapshot,
  showTip,
  structureStore,
  viewStore,
} from '../state/index.ts'
import { applySections, barsText, duplicateTime, placeSections, sectionAt, sectionsInOrder } from './structure.ts'

/** Colours a section can have, with their words. */
export const SECTION_COLORS = [
  ['blue', 'Blue'],
  ['rose', 'Rose'],
  ['teal', 'Teal'],
  ['amber', 'Amber'],
  ['violet', 'Violet'],
  ['slate', 'Grey'],
] as const

/** The work most of the remix is made of. */
export const mainWork = () => {
  const snapshot = settledSnapshot()
  const ticks = new Map<string, number>()
  for (const clip of recordsOf(snapshot, 'clip')) {
    const work = recordOf(snapshot, 'stem', clip.stemId)?.workId
    if (work !== undefined && !clip.isMuted) ticks.set(work, (ticks.get(work) ?? 0) + clip.lengthTicks)
  }
  const [id] = [...ticks].sort(([, left], [, right]) => right - left)[0] ?? []
  return recordsOf(snapshot, 'work').find((work) => work.id === id) ?? recordsOf(snapshot, 'work')[0]
}

/** Listens to the work and lays what was heard over the lane. Nothing is changed before it is applied. */
export const detectSections = async (): Promise<void> => {
  const work = mainWork()
  if (!work) return
  const analysis = await analyseWork(work.id, work.title)
  if (!analysis) return
  const sections = placeSections(settledSnapshot(), work.id, analysis.sections.list)
  if (sections.length === 0) {
    showTip({
      title: 'No sections heard',
      message: `“${work.title}” is too short or too even to tell where its parts begin. Name them by hand: choose clips, then “Section around the selection”.`,
      alternative: null,
    })
    return
  }
  structureStore.setState({ proposal: { title: work.title, origin: analysis.sections.origin, sections } })
  announce(`${sections.length} sections heard. Nothing is changed until you apply them.`)
}

export const dismissProposal = (): void => structureStore.setState({ proposal: null })

/** What Escape lets go of: first what was heard and lies over the sections, then the selection. */
export const letGo = (): void => {
  if (structureStore.getState().proposal === null) selectClips([])
  else dismissProposal()
}

/** Puts the proposed sections in the place of those there are. */
export const applyProposal = (): void => {
  const { proposal } = structureStore.getState()
  if (!proposal) return
  dismissProposal()
  void edit(applySections(settledSnapshot(), proposal.sections, newId), 'Apply sections')
}

const chosenRange = (): { readonly from: number; readonly to: number } | null => {
  const snapshot = settledSnapshot()
  const clips = viewStore.getState().clipIds.flatMap((id) => recordOf(snapshot, 'clip', id) ?? [])
  if (clips.length > 0) return { from: Math.min(...clips.map((clip) => clip.startTick)), to: Math.max(...clips.map(endTick)) }
  const { loop } = remixOf(snapshot)
  return loop ? { from: loop.startTick, to: loop.startTick + loop.lengthTicks } : null
}

/** Names the stretch of the chosen clips, or of the loop. */
export const addSection = (): void => {
  const range = chosenRange()
  if (!range) {
    showTip({
      title: 'Nothing is chosen',
      message: 'Choose clips, or draw a loop on the ruler: the section goes around them.',
      alternative: null,
    })
    return
  }
  const id = newId()
  const name = `Section ${sectionsInOrder(settledSnapshot()).length + 1}`
  void edit([{ op: 'marker.add', id, name, atTick: range.from, lengthTicks: range.to - range.from, color: 'blue' }])
  selectSection(id)
  viewStore.setState({ renaming: id })
}

/** Doubles the chosen section; without one the time of the chosen clips, of the loop, or of the section under the playhead. */
export const duplicateSectionOrTime = (): void => {
  const snapshot = settledSnapshot()
  const chosen = recordOf(snapshot, 'marker', structureStore.getState().sectionId ?? '')
  const range = chosenRange()
  const section = chosen ?? (range ? undefined : sectionAt(snapshot, playheadTick()))
  if (section) {
    repeat(section, 2)
    return
  }
  if (!range) {
    showTip({ title: 'Nothing to duplicate', message: 'Choose a section or clips, or draw a loop on the ruler first.', alternative: null })
    return
  }
  void edit(duplicateTime(snapshot, range.from, range.to), `Duplicate ${barsText(snapshot, range.from, range.to - range.from)}`)
}

const repeat = (section: Marker, times: number): void =>
  void edit(
    [{ op: 'section.repeat', markerId: section.id, times }],
    times === 2 ? `Duplicate ${section.name}` : `Repeat ${section.name} ${times} times`,
  )

/** Moves a section one place earlier or later among the others. */
export const stepSection = (section: Marker, by: -1 | 1): void => {
  const list = sectionsInOrder(settledSnapshot())
  const index = list.findIndex((one) => one.id === section.id)
  const other = list[index + by]
  if (!other) return
  const toTick = by === -1 ? other.atTick : other.atTick + other.lengthTicks
  void edit([{ op: 'section.move', markerId: section.id, toTick }], `Move ${section.name}`).then(
    (isDone) => isDone && announce(`${section.name} ${by === -1 ? 'before' : 'after'} ${other.name}`),
  )
}

/** Cuts a section with everything in it out of the remix. */
export const deleteSectionTime = (section: Marker): void =>
  void edit([{ op: 'section.delete', markerId: section.id }], `Delete ${section.name}`)

/** Takes away the name only; what sounds stays. */
export const removeSection = (section: Marker): void =>
  void edit([{ op: 'marker.remove', markerId: section.id }], `Remove the name ${section.name}`)

const insertTime = (atTick: number, words: string): void =>
  void edit([{ op: 'time.insert', atTick, lengthTicks: '4 bars' }], `Insert 4 bars ${words}`)

/** Entries of a section's or marker's menu. */
export const sectionMenu = (marker: Marker): readonly MenuEntry[] => {
  const { lengthTicks } = marker
  const playIt: MenuEntry = {
    label: 'Play from here',
    icon: Play,
    run: () => {
      seekTick(marker.atTick)
      play()
    },
  }
  const rename: MenuEntry = { label: 'Rename…', icon: Pencil, keys: 'F2', run: () => viewStore.setState({ renaming: marker.id }) }
  const colour: MenuEntry = {
    label: 'Colour',
    icon: Palette,
    entries: SECTION_COLORS.map(([value, label]) => ({
      label,
      isChecked: marker.color === value,
      run: () => void edit([{ op: 'marker.set', markerId: marker.id, color: value }], `Colour ${marker.name}`),
    })),
  }
  if (lengthTicks === null)
    return [
      playIt,
      rename,
      colour,
      'separator',
      { label: 'Delete', icon: Trash2, keys: 'Delete', isDanger: true, run: () => removeSection(marker) },
    ]
  const others = sectionsInOrder(settledSnapshot()).filter(
    (one) => one.id !== marker.id && (one.atTick >= marker.atTick + lengthTicks || one.atTick + one.lengthTicks <= marker.atTick),
  )
  const loop: EditCommand = { op: 'loop.set', startTick: marker.atTick, lengthTicks, isEnabled: true }
  return [
    playIt,
    { label: 'Loop it', icon: Repeat, run: () => void edit([loop]) },
    rename,
    colour,
    'separator',
    { label: 'Duplicate', icon: Copy, keys: 'Mod+Shift+D', run: () => repeat(marker, 2) },
    {
      label: 'Repeat',
      icon: Repeat,
      entries: [2, 3, 4, 6, 8].map((times) => ({ label: `${times} times in a row`, run: () => repeat(marker, times) })),
    },
    ...(others.length === 0
      ? []
      : [
          {
            label: 'Swap with',
            icon: Replace,
            entries: others.map((one) => ({
              label: `${one.name}, bar ${barOf(one.atTick)}`,
              run: () =>
                void edit([{ op: 'section.swap', markerId: marker.id, withMarkerId: one.id }], `Swap ${marker.name} and ${one.name}`),
            })),
          },
        ]),
    'separator',
    {
      label: 'Insert time',
      entries: [
        { label: '4 bars before it', run: () => insertTime(marker.atTick, `before ${marker.name}`) },
        { label: '4 bars after it', run: () => insertTime(marker.atTick + lengthTicks, `after ${marker.name}`) },
        {
          label: 'As long as it is, after it',
          run: () =>
            void edit([{ op: 'time.insert', atTick: marker.atTick + lengthTicks, lengthTicks }], `Insert time after ${marker.name}`),
        },
      ],
    },
    'separator',
    { label: 'Remove the name only', keys: 'Delete', run: () => removeSection(marker) },
    {
      label: 'Delete with everything in it',
      icon: Scissors,
      keys: 'Mod+Delete',
      isDanger: true,
      run: () => deleteSectionTime(marker),
    },
  ]
}

const barOf = (position: number): number => barPositionAt(remixOf(settledSnapshot()).meter, tick(position)).bar

/** Entries of the lane's own menu, at a position. */
export const laneMenu = (atTick: number): readonly MenuEntry[] => [
  { label: 'Detect sections…', run: () => void detectSections() },
  { label: 'Section around the selection', run: addSection },
  {
    label: 'Marker here',
    run: () => {
      const id = newId()
      void edit([{ op: 'marker.add', id, name: 'Marker', atTick }])
      viewStore.setState({ renaming: id })
    },
  },
  'separator',
  { label: 'Insert 4 bars here', run: () => insertTime(atTick, 'here') },
  { label: 'Duplicate the loop’s time', keys: 'Mod+Shift+D', run: duplicateSectionOrTime },
  {
    label: 'Delete the loop’s time',
    isDanger: true,
    run: () => {
      const { loop } = remixOf(settledSnapshot())
      if (loop) void edit([{ op: 'time.delete', fromTick: loop.startTick, lengthTicks: loop.lengthTicks }], 'Delete time')
      else showTip({ title: 'There is no loop', message: 'Draw a loop on the ruler over the time that shall go.', alternative: null })
    },
  },
]
