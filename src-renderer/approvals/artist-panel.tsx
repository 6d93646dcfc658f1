// This home as an artist's: a key of its own, whose public half goes into licences.
import { Copy, FileDown, KeyRound, UserRound } from 'lucide-react'
import { useState } from 'react'
import { Button, EmptyState, shortHash } from '../parts/index.ts'
import { toastDone } from '../state/index.ts'
import { exportArtistKey, exportSigningKey, makeArtist, useApprovals } from './approvals-store.ts'

const Make = () => {
  const [name, setName] = useState('')
  return (
    <EmptyState icon={UserRound} title="Are you the artist?">
      Make a profile: a key that stays on this computer and signs your answers. Whoever writes the licence of your work puts the public half
      into it; remixes then come here for your yes.
      <form
        className="artist-make"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '') void makeArtist(name.trim())
        }}
      >
        <input
          className="text-input"
          aria-label="Artist name"
          placeholder="Artist name, as producers should see it"
          maxLength={300}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button tone="primary" type="submit" disabled={name.trim() === ''}>
          Make artist profile
        </Button>
      </form>
    </EmptyState>
  )
}

/** The artist's own panel. */
export const ArtistPanel = () => {
  const artist = useApprovals((state) => state.artist)
  const [isAsking, setIsAsking] = useState(false)
  if (!artist) return <Make />
  return (
    <section className="artist" aria-label="Artist profile">
      <h2 className="ellipsis" title={artist.name}>
        {artist.name}
      </h2>
      <p className="muted">
        Key{' '}
        <code className="code-chip selectable" title={artist.kid}>
          {shortHash(artist.kid)}
        </code>{' '}
        on this computer.
      </p>
      <h3 className="caps">Public key</h3>
      <p className="muted">For the licence of your works, under “approvers”. It is no secret.</p>
      <pre className="raw raw-wrap selectable">{artist.approver}</pre>
      <div className="said-actions">
        <Button icon={Copy} onClick={() => void navigator.clipboard.writeText(artist.approver).then(() => toastDone('Public key copied'))}>
          Copy
        </Button>
        <Button icon={FileDown} onClick={() => void exportArtistKey()}>
          Save public key…
        </Button>
      </div>
      <h3 className="caps">Signing key</h3>
      <p className="muted">
        To sign on a review page in a browser, away from this computer. Whoever gets this file can say yes in your name, so open it only in
        pages from people you trust. Safer: save the answer there without a signature, and sign it here.
      </p>
      {isAsking ? (
        <div className="said-actions">
          <Button tone="danger" icon={KeyRound} onClick={() => void exportSigningKey().then(() => setIsAsking(false))}>
            Save the secret key…
          </Button>
          <Button tone="quiet" onClick={() => setIsAsking(false)}>
            Keep it here
          </Button>
        </div>
      ) : (
        <div className="said-actions">
          <Button tone="quiet" icon={KeyRound} onClick={() => setIsAsking(true)}>
            Save signing key…
          </Button>
        </div>
      )}
    </section>
  )
}
