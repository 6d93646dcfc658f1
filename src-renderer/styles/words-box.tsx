// A wish in words: each stretch that was understood is underlined and explained, the rest is said to be left out. A grammar reads it, no model.
import { ArrowRight } from 'lucide-react'
import { Button, ToneIcon } from '../parts/index.ts'
import { layOutWish, setWish, useStyles } from './styles-store.ts'

/** The box and what was understood. */
export const WordsBox = () => {
  const wish = useStyles((state) => state.wish)
  const words = useStyles((state) => state.words)
  return (
    <section className="words" aria-label="Words">
      <label className="caps" htmlFor="style-wish">
        In words
      </label>
      <textarea
        id="style-wish"
        className="words-input"
        rows={2}
        maxLength={2_000}
        placeholder="darker, half-time chorus, keep the lead vocal dry"
        value={wish}
        onChange={(event) => setWish(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey) return
          event.preventDefault()
          layOutWish()
        }}
      />
      {words && (
        <>
          <ul className="words-readings" aria-label="How it was understood">
            {words.readings.map(({ fromIndex, text, meaning }) => (
              <li key={fromIndex} className={meaning === null ? 'is-unknown' : undefined}>
                <ToneIcon tone={meaning === null ? 'limited' : 'good'} size={12} />
                <span>
                  <b>{text}</b> <span className="muted">{meaning ?? 'not understood, left out'}</span>
                </span>
              </li>
            ))}
          </ul>
          <Button icon={ArrowRight} disabled={!words.isUsable} onClick={layOutWish}>
            See what it would do
          </Button>
        </>
      )}
      {!words && <p className="muted small">Read by a fixed grammar, word by word. No model is asked.</p>}
    </section>
  )
}
