// The command palette: every command, every work, every recent remix, by a few letters.
import { Command as Palette } from 'cmdk'
import { Dialog } from 'radix-ui'
import { Keys } from '../parts/index.ts'
import { libraryStore, openRecent, openSheet, showScreen, useLibrary, useView } from '../state/index.ts'
import { canRun, COMMANDS, commandText } from './commands.ts'

/** Ctrl+K. */
export const CommandPalette = () => {
  const isOpen = useView((view) => view.sheet === 'palette')
  const works = useLibrary((library) => library.works)
  const recents = useLibrary((library) => library.recents)
  const run = (act: () => void) => () => {
    openSheet(null)
    act()
  }
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && openSheet(null)}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content className="palette" aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Find a command</Dialog.Title>
          <Palette label="Commands" loop>
            <Palette.Input className="palette-input" placeholder="What would you like to do?" />
            <Palette.List className="palette-list">
              <Palette.Empty className="palette-empty muted">Nothing is called that.</Palette.Empty>
              <Palette.Group heading="Commands">
                {COMMANDS.filter((command) => command.id !== 'palette' && canRun(command)).map((command) => (
                  <Palette.Item
                    key={command.id}
                    value={`${commandText(command)} ${command.title}`}
                    className="menu-item"
                    onSelect={run(command.run)}
                  >
                    <span className="ellipsis">{commandText(command)}</span>
                    {command.keys[0] !== undefined && <Keys keys={command.keys[0]} />}
                  </Palette.Item>
                ))}
              </Palette.Group>
              {recents.length > 0 && (
                <Palette.Group heading="Recent remixes">
                  {recents.slice(0, 10).map((recent) => (
                    <Palette.Item
                      key={recent.recent}
                      value={`Open ${recent.title} ${recent.fileName}`}
                      className="menu-item"
                      onSelect={run(() => void openRecent(recent.recent))}
                    >
                      <span className="ellipsis">Open {recent.title}</span>
                    </Palette.Item>
                  ))}
                </Palette.Group>
              )}
              {works && works.length > 0 && (
                <Palette.Group heading="Works">
                  {works.slice(0, 50).map(({ work }) => (
                    <Palette.Item
                      key={work.id}
                      value={`${work.title} ${work.artists.join(' ')}`}
                      className="menu-item"
                      onSelect={run(() => {
                        libraryStore.setState({ selected: work.id })
                        showScreen('library')
                      })}
                    >
                      <span className="ellipsis">{work.title}</span>
                      <span className="muted ellipsis">{work.artists.join(', ')}</span>
                    </Palette.Item>
                  ))}
                </Palette.Group>
              )}
            </Palette.List>
          </Palette>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
