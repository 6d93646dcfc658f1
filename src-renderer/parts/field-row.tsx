// One line of a card: a name at the left, its value at the right.
import type { ReactNode } from 'react'

/** A name and a value. */
export const FieldRow = ({ name, title, children }: { name: ReactNode; title?: string | undefined; children: ReactNode }) => (
  <div className="field-row">
    <span className="field-name ellipsis" title={title}>
      {name}
    </span>
    <span className="field-value">{children}</span>
  </div>
)

/** A group with a title in spaced capitals and a card below it. */
export const CardGroup = ({
  title,
  aside,
  children,
  isBare = false,
}: {
  title: string
  aside?: ReactNode
  children: ReactNode
  isBare?: boolean
}) => (
  <section className="card-group" aria-label={title}>
    <header className="card-group-head">
      <h3 className="caps ellipsis" title={title}>
        {title}
      </h3>
      {aside}
    </header>
    {isBare ? children : <div className="card">{children}</div>}
  </section>
)
