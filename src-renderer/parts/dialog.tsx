// A dialog with a title and a way out. For deliberate acts only: routine acts never open one.
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

/** A modal sheet. `description` is read aloud with the title. */
export const Dialog = ({
  isOpen,
  onClose,
  title,
  description,
  size = 'normal',
  children,
  footer,
}: {
  isOpen: boolean
  onClose: () => void
  title: string
  description?: string | undefined
  size?: 'normal' | 'wide'
  children: ReactNode
  footer?: ReactNode
}) => (
  <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
    <Radix.Portal>
      <Radix.Overlay className="scrim" />
      <Radix.Content
        className={classes('dialog', size === 'wide' && 'dialog-wide')}
        tabIndex={-1}
        // The sheet itself, not its way out: its title is read, and Tab goes on to what it asks.
        onOpenAutoFocus={(event) => {
          if (!(event.currentTarget instanceof HTMLElement) || event.currentTarget.contains(document.activeElement)) return
          event.preventDefault()
          event.currentTarget.focus()
        }}
        {...(description === undefined ? { 'aria-describedby': undefined } : {})}
      >
        <header className="dialog-head">
          <div className="dialog-titles">
            <Radix.Title className="dialog-title ellipsis" title={title}>
              {title}
            </Radix.Title>
            {description !== undefined && <Radix.Description className="muted">{description}</Radix.Description>}
          </div>
          <Radix.Close className="icon-button" aria-label="Close">
            <X size={15} aria-hidden />
          </Radix.Close>
        </header>
        <div className="dialog-body">{children}</div>
        {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
