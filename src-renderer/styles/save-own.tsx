// The name under which a style of one's own is saved.
import { Save } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../parts/index.ts'
import { saveStyleFile } from './styles-store.ts'

/** Asks for a name and saves what is laid out, or with nothing laid out what the remix was made with. `missing` says why it cannot be saved yet. */
export const SaveOwn = ({ label, suggested, missing = null }: { label: string; suggested: string; missing?: string | null }) => {
  const [name, setName] = useState<string | null>(null)
  if (name === null) {
    return (
      <Button
        tone="quiet"
        icon={Save}
        disabled={missing !== null}
        {...(missing === null ? {} : { title: missing })}
        onClick={() => setName(suggested)}
      >
        {label}
      </Button>
    )
  }
  return (
    <form
      className="style-save"
      onSubmit={(event) => {
        event.preventDefault()
        setName(null)
        void saveStyleFile(name)
      }}
    >
      <input
        className="style-input"
        aria-label="Name of the style"
        value={name}
        maxLength={100}
        ref={(input) => {
          if (input && document.activeElement !== input && name === suggested) input.select()
        }}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && setName(null)}
      />
      <Button type="submit">Save</Button>
    </form>
  )
}
