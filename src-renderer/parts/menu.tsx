// Menus, as data: the same list serves a button's menu and a context menu.
import { ContextMenu, DropdownMenu } from 'radix-ui'
import type { LucideIcon } from 'lucide-react'
import { Check, ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'
import { Keys } from './keys.tsx'
import { withKeys } from './with-keys.ts'

export type MenuEntry =
  | {
      readonly label: string
      readonly run: () => void
      readonly keys?: string | undefined
      readonly icon?: LucideIcon | undefined
      readonly isDisabled?: boolean | undefined
      /** Set for choices and switches. */
      readonly isChecked?: boolean | undefined
      readonly isDanger?: boolean | undefined
    }
  /** A menu of its own beside the entry. */
  | { readonly label: string; readonly entries: readonly MenuEntry[]; readonly icon?: LucideIcon | undefined }
  | { readonly heading: string }
  | 'separator'

type Kit = typeof DropdownMenu | typeof ContextMenu

const Entries = ({ entries, kit }: { entries: readonly MenuEntry[]; kit: Kit }) =>
  withKeys(entries, (entry) => (entry === 'separator' ? 'separator' : 'heading' in entry ? entry.heading : entry.label)).map(
    ({ key, item: entry }) => {
      if (entry === 'separator') return <kit.Separator key={key} className="menu-separator" />
      if ('heading' in entry) {
        return (
          <kit.Label key={key} className="menu-heading caps">
            {entry.heading}
          </kit.Label>
        )
      }
      if ('entries' in entry) {
        return (
          <kit.Sub key={key}>
            <kit.SubTrigger className="menu-item">
              <span className="menu-mark">{entry.icon && <entry.icon size={14} aria-hidden />}</span>
              <span className="ellipsis">{entry.label}</span>
              <span className="menu-more">
                <ChevronRight size={13} aria-hidden />
              </span>
            </kit.SubTrigger>
            <kit.Portal>
              <kit.SubContent className="menu" sideOffset={4} collisionPadding={8}>
                <Entries entries={entry.entries} kit={kit} />
              </kit.SubContent>
            </kit.Portal>
          </kit.Sub>
        )
      }
      const Icon = entry.isChecked ? Check : entry.icon
      return (
        <kit.Item
          key={key}
          className={classes('menu-item', entry.isDanger && 'is-danger')}
          disabled={entry.isDisabled ?? false}
          onSelect={entry.run}
        >
          <span className="menu-mark">{Icon && <Icon size={14} aria-hidden />}</span>
          <span className="ellipsis">{entry.label}</span>
          {entry.isChecked !== undefined && <span className="visually-hidden">{entry.isChecked ? ', chosen' : ''}</span>}
          {entry.keys !== undefined && <Keys keys={entry.keys} />}
        </kit.Item>
      )
    },
  )

/** A press in a menu is none on what lies behind it, though React hands it on to where the menu was written. */
const stay = (event: { stopPropagation(): void }): void => event.stopPropagation()

/** A button (the child) that opens a menu below it. */
export const MenuButton = ({
  entries,
  children,
  align = 'start',
}: {
  entries: readonly MenuEntry[]
  children: ReactNode
  align?: 'start' | 'end'
}) => (
  <DropdownMenu.Root modal={false}>
    <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
    <DropdownMenu.Portal>
      <DropdownMenu.Content className="menu" align={align} sideOffset={4} collisionPadding={8} onPointerDown={stay}>
        <Entries entries={entries} kit={DropdownMenu} />
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  </DropdownMenu.Root>
)

/** Gives the child a menu on right click and on the menu key. `entries` is called when it opens. */
export const WithContextMenu = ({
  entries,
  children,
  onOpen,
}: {
  entries: () => readonly MenuEntry[]
  children: ReactNode
  onOpen?: () => void
}) => (
  <ContextMenu.Root modal={false} onOpenChange={(isOpen) => isOpen && onOpen?.()}>
    <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
    <ContextMenu.Portal>
      <ContextMenu.Content className="menu" collisionPadding={8} onPointerDown={stay}>
        <LazyEntries entries={entries} />
      </ContextMenu.Content>
    </ContextMenu.Portal>
  </ContextMenu.Root>
)

const LazyEntries = ({ entries }: { entries: () => readonly MenuEntry[] }) => <Entries entries={entries()} kit={ContextMenu} />
