// The home view: search, works, the chosen work's licence and stems, recent remixes. A licence pack can be dropped anywhere on it.
import { AudioLines, LibraryBig, PackagePlus, Search, SearchX } from 'lucide-react'
import { Badge, Button, EmptyState, FileDrop, Loading, ProblemState, ProgressBar } from '../parts/index.ts'
import { importPack, loadLibrary, setQuery, toastProblem, useLibrary } from '../state/index.ts'
import { Recents, Recoveries } from './recents.tsx'
import { WorkCard } from './work-card.tsx'
import { WorkDetail } from './work-detail.tsx'

/** The field that searches the catalogue. */
export const SearchField = () => {
  const query = useLibrary((library) => library.query)
  return (
    <div className="search">
      <Search size={14} aria-hidden />
      <input
        className="text-input"
        type="search"
        aria-label="Search the catalogue"
        placeholder="Search works, artists, stems"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
    </div>
  )
}

const refuseDrop = (): void =>
  toastProblem({ code: 'pack.not_a_file', message: 'What was dropped is not a file on this machine. Save it first, then drop it here.' })

/** First start: the demo works are rendered once, which takes some seconds. */
const Preparing = ({ fraction, label }: { fraction: number; label: string }) => (
  <EmptyState icon={AudioLines} title="Making the demo catalogue">
    Three short works are rendered once on this machine. {label}
    <ProgressBar label="Making the demo catalogue" fraction={fraction} />
  </EmptyState>
)

const Works = () => {
  const preparing = useLibrary((library) => library.preparing)
  const works = useLibrary((library) => library.works)
  const problem = useLibrary((library) => library.problem)
  const query = useLibrary((library) => library.query)
  if (problem && works === null)
    return <ProblemState problem={problem} action={<Button onClick={() => void loadLibrary()}>Try again</Button>} />
  if (preparing && (works === null || works.length === 0)) return <Preparing {...preparing} />
  if (works === null) return <Loading label="Loading the catalogue" lines={6} />
  if (works.length === 0 && query !== '')
    return (
      <EmptyState icon={SearchX} title={`Nothing found for “${query}”`}>
        Search looks at titles, artists, keys, tempi and stems.
      </EmptyState>
    )
  if (works.length === 0) {
    return (
      <EmptyState
        icon={LibraryBig}
        title="The catalogue is empty"
        action={
          <Button icon={PackagePlus} onClick={() => void importPack(null)}>
            Import a licence pack…
          </Button>
        }
      >
        Works of your rights service appear here. You can also take one in from a licence pack.
      </EmptyState>
    )
  }
  return (
    <fieldset className="work-grid" aria-label="Works">
      {works.map((entry) => (
        <WorkCard key={entry.work.id} entry={entry} />
      ))}
    </fieldset>
  )
}

/** The library as a whole screen. */
export const LibraryHome = () => {
  const selected = useLibrary((library) => library.works?.find(({ work }) => work.id === library.selected))
  const isOffline = useLibrary((library) => library.isOffline)
  return (
    <FileDrop label="Drop a licence pack to import it" className="home" onToken={(token) => void importPack(token)} onRefused={refuseDrop}>
      <div className="home-main">
        <header className="home-head">
          <div>
            <h1>Library</h1>
            <p className="muted">Licensed works and what you may do with them.</p>
          </div>
          <div className="home-tools">
            {isOffline && (
              <Badge
                tone="limited"
                title="The rights service cannot be reached. Works that are on this machine can be used while their lease lasts."
              >
                Offline: what was pulled works
              </Badge>
            )}
            <SearchField />
            <Button icon={PackagePlus} onClick={() => void importPack(null)}>
              Import pack…
            </Button>
          </div>
        </header>
        <Recoveries />
        <Works />
        <Recents />
      </div>
      <WorkDetail entry={selected} />
    </FileDrop>
  )
}
