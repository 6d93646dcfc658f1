// Dropping files from the system. The page never sees a path: the bridge turns a file into a token.
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { classes } from './classes.ts'

/** An area that takes one dropped file and hands out its token. */
export const FileDrop = ({
  label,
  onToken,
  onRefused,
  className,
  children,
}: {
  label: string
  onToken: (token: string, name: string) => void
  onRefused: () => void
  className?: string
  children: ReactNode
}) => {
  const [isOver, setIsOver] = useState(false)
  const depth = useRef(0)
  const leave = (): void => {
    depth.current = Math.max(0, depth.current - 1)
    if (depth.current === 0) setIsOver(false)
  }
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault()
    depth.current = 0
    setIsOver(false)
    const file = event.dataTransfer.files[0]
    if (!file) return
    const token = await window.stemma.offerFile(file)
    if (token === null) onRefused()
    else onToken(token, file.name)
  }
  return (
    <section
      aria-label={label}
      className={classes('file-drop', isOver && 'is-over', className)}
      onDragEnter={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        depth.current += 1
        setIsOver(true)
      }}
      onDragOver={(event) => event.preventDefault()}
      onDragLeave={leave}
      onDrop={drop}
    >
      {children}
      {isOver && (
        <div className="file-drop-over" aria-hidden>
          {label}
        </div>
      )}
    </section>
  )
}
