// Buttons. Every one names itself: text, or a label that is also its tooltip.
import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { classes } from './classes.ts'
import { Hint } from './hint.tsx'

type Tone = 'plain' | 'primary' | 'quiet' | 'danger'

/** A text button, with an icon before the words if given. */
export const Button = ({
  tone = 'plain',
  icon: Icon,
  children,
  className,
  ref,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  tone?: Tone
  icon?: LucideIcon | undefined
  ref?: Ref<HTMLButtonElement>
  children: ReactNode
}) => (
  <button type="button" ref={ref} className={classes('button', `button-${tone}`, className)} {...rest}>
    {Icon && <Icon size={14} aria-hidden />}
    <span className="ellipsis">{children}</span>
  </button>
)

/** A square button that shows only an icon. `label` is its name and its tooltip; `keys` are shown beside it. */
export const IconButton = ({
  icon: Icon,
  label,
  keys,
  isOn,
  size = 15,
  className,
  ref,
  ...rest
}: Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> & {
  icon: LucideIcon
  label: string
  keys?: string | undefined
  /** Set for toggles: pressed or not. */
  isOn?: boolean | undefined
  size?: number
  ref?: Ref<HTMLButtonElement>
}) => (
  <Hint text={label} keys={keys}>
    <button
      type="button"
      ref={ref}
      aria-label={label}
      aria-pressed={isOn}
      className={classes('icon-button', isOn && 'is-on', className)}
      {...rest}
    >
      <Icon size={size} aria-hidden />
    </button>
  </Hint>
)
