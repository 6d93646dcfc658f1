// All keys, from the same table the keys come from.
import { Dialog, Keys } from '../parts/index.ts'
import { openSheet, useView } from '../state/index.ts'
import { COMMANDS, type CommandGroup } from './commands.ts'

const GROUPS: readonly CommandGroup[] = ['Play', 'Edit', 'Variations', 'View', 'File', 'Go to']

const POINTER: readonly (readonly [string, string])[] = [
  ['Alt while dragging a clip', 'leaves a copy'],
  ['Ctrl and Alt while dragging a clip', 'slips the sound inside it'],
  ['Drag a track by its name', 'puts it elsewhere'],
  ['Drag a device by its name', 'puts it elsewhere in the chain'],
  ['Drag a marker', 'moves it'],
  ['Ctrl while dragging', 'no snapping'],
  ['Shift while dragging a number', 'fine steps'],
  ['Double-click on a number or fader', 'back to its default'],
  ['Escape while dragging', 'back to how it was'],
  ['Drag over the ruler', 'sets the loop'],
  ['Drag over empty lanes', 'selects clips'],
  ['Ctrl and wheel', 'zooms around the pointer'],
  ['Shift and wheel', 'moves sideways'],
  ['Ctrl and click on S', 'solo only this'],
  ['Rest on a variation', 'plays it'],
  ['Double-click on its waveform', 'plays from there'],
  ['Swipe over a comp lane', 'chooses it there'],
]

/** A list of keys; also in settings. */
export const KeyList = () => (
  <div className="key-groups">
    {GROUPS.map((group) => (
      <section key={group} aria-label={group}>
        <h3 className="caps">{group}</h3>
        <ul>
          {COMMANDS.filter((command) => command.group === group && command.keys.length > 0).map((command) => (
            <li key={command.id}>
              <span>{command.title}</span>
              <span className="key-choices">
                {command.keys.map((keys) => (
                  <Keys key={keys} keys={keys} />
                ))}
              </span>
            </li>
          ))}
        </ul>
      </section>
    ))}
    <section aria-label="With the pointer">
      <h3 className="caps">With the pointer</h3>
      <ul>
        {POINTER.map(([what, does]) => (
          <li key={what}>
            <span>{what}</span>
            <span className="muted">{does}</span>
          </li>
        ))}
      </ul>
    </section>
  </div>
)

/** The sheet with all keys. */
export const HelpSheet = () => {
  const isOpen = useView((view) => view.sheet === 'help')
  return (
    <Dialog isOpen={isOpen} onClose={() => openSheet(null)} title="Keys" size="wide">
      <KeyList />
    </Dialog>
  )
}
