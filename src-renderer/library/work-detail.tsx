// The chosen work: what the licence allows in plain words, and the stems.
import { LibraryBig } from 'lucide-react'
import type { LibraryWork } from '../../src-shared/protocol/index.ts'
import { Badge, EmptyState, ToneIcon } from '../parts/index.ts'
import { PullAction, PullProgress } from './pull-panel.tsx'
import { coverStyle, lengthWords, licenceTone, musicWords } from './work-words.ts'

/** The right side of the home view. */
export const WorkDetail = ({ entry }: { entry: LibraryWork | undefined }) => {
  if (!entry)
    return (
      <EmptyState icon={LibraryBig} title="Choose a work">
        Its licence and stems are shown here.
      </EmptyState>
    )
  const { work } = entry
  const tone = licenceTone(work)
  return (
    <aside className="work-detail" aria-label={work.title}>
      <div className="work-hero">
        <span className="work-cover work-cover-large" style={coverStyle(work)} aria-hidden />
        <div className="work-hero-words">
          <h2 title={work.title}>{work.title}</h2>
          <p className="muted" title={work.artists.join(', ')}>
            {work.artists.join(', ')}
            {work.year === null ? '' : ` · ${work.year}`}
          </p>
          <p className="work-music">{`${musicWords(work)} · ${lengthWords(work)}`}</p>
        </div>
      </div>
      <div className="work-actions">
        <PullAction entry={entry} />
        <Badge tone={tone}>{work.licence.badge}</Badge>
      </div>
      <section aria-label="What the licence allows" className="licence">
        <h3 className="caps">What the licence says</h3>
        <ul>
          {work.licence.sentences.map((sentence) => (
            <li key={sentence}>
              <ToneIcon tone={tone === 'bad' ? 'bad' : /\b(not|only|never|at most|no|needs)\b/i.test(sentence) ? 'limited' : 'good'} />
              <span className="selectable">{sentence}</span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Stems">
        <h3 className="caps">{work.stems.length} stems</h3>
        <PullProgress entry={entry} />
      </section>
    </aside>
  )
}
