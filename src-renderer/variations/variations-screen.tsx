// The variations of the open remix: setup, map and contact sheet, what is chosen, comp lanes, and what sounds. Leaving it ends listening.
import { LayoutGrid, WandSparkles } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { Button, EmptyState, Loading, ProblemState } from '../parts/index.ts'
import { rememberedLayout, rememberLayout, showScreen, useRemix } from '../state/index.ts'
import { endListening } from './audition.ts'
import { CompPanel } from './comp-panel.tsx'
import { ContactSheet } from './contact-sheet.tsx'
import { ListeningBar } from './listening-bar.tsx'
import { SetupBar } from './setup-bar.tsx'
import { NO_FILTER } from './shown-rows.ts'
import { SheetToolbar } from './sheet-toolbar.tsx'
import { focusSheet } from './sheet-moves.ts'
import { VariationDetail } from './variation-detail.tsx'
import { VariationMap } from './variation-map.tsx'
import { generate, isRunning, loadVariations, setFilter, sheetRows, useVariations } from './variation-store.ts'

const GenerateButton = () => {
  const count = useVariations((state) => state.setup.count)
  return (
    <Button tone="primary" icon={WandSparkles} onClick={() => void generate()}>
      Generate {count.toLocaleString('en')}
    </Button>
  )
}

/** What is shown in place of cards where there are none. */
const NoCards = () => {
  const run = useVariations((state) => state.run)
  const hasRows = useVariations((state) => state.rows.size > 0)
  if (hasRows) {
    return (
      <EmptyState icon={LayoutGrid} title="None of them fits" action={<Button onClick={() => setFilter(NO_FILTER)}>Show all again</Button>}>
        No variation passes what you search and filter for.
      </EmptyState>
    )
  }
  if (isRunning(run)) return <Loading label="Drawing the first variations" lines={6} />
  if (run?.problem) {
    return <ProblemState problem={{ code: 'variations.none', message: run.problem }} action={<GenerateButton />} />
  }
  return (
    <EmptyState icon={LayoutGrid} title="One song, many ways" action={<GenerateButton />}>
      Draws recipes of sound, arrangement and groove, asks the licence about each before you hear it, and lays them out from close to far
      from your remix. Listen by hovering or with the arrow keys; keep what is good. Only what you keep is stored.
    </EmptyState>
  )
}

const Problems = () => {
  const run = useVariations((state) => state.run)
  const hasRows = useVariations((state) => state.rows.size > 0)
  return run?.problem && hasRows ? (
    <p className="vproblem" role="alert">
      <b>Not all could be made.</b> <span className="selectable">{run.problem}</span>
    </p>
  ) : null
}

const useLoaded = (): void => {
  const uid = useRemix((remix) => remix.uid)
  useEffect(() => {
    if (uid !== null) void loadVariations()
    return endListening
  }, [uid])
}

const useSheet = () => {
  const rows = useVariations((state) => state.rows)
  const filter = useVariations((state) => state.filter)
  return useMemo(() => sheetRows({ rows, filter }), [rows, filter])
}

/** The whole screen. */
export const VariationsScreen = () => {
  useLoaded()
  const shown = useSheet()
  const run = useVariations((state) => state.run)
  const problem = useVariations((state) => state.problem)
  const isComping = useVariations((state) => state.isComping)
  const hasRows = useVariations((state) => state.rows.size > 0)
  const columns = useMemo(() => rememberedLayout(['vmap', 'vsheet', 'vdetail']), [])
  const lines = useMemo(() => rememberedLayout(['vabove', 'vcomp']), [])
  useEffect(() => {
    if (hasRows) focusSheet()
  }, [hasRows])
  if (problem) {
    return (
      <div className="variations">
        <ProblemState problem={problem} action={<Button onClick={() => void loadVariations(true)}>Try again</Button>} />
      </div>
    )
  }
  if (!run) {
    return (
      <div className="variations">
        <Loading label="Loading the variations" lines={6} />
      </div>
    )
  }
  return (
    <div className="variations">
      <SetupBar />
      <Problems />
      {!hasRows ? (
        <NoCards />
      ) : (
        <Group
          orientation="vertical"
          className="vbody"
          defaultLayout={isComping ? lines : undefined}
          onLayoutChanged={(layout, { isUserInteraction }) => isUserInteraction && rememberLayout(layout)}
        >
          <Panel id="vabove" minSize={200}>
            <Group
              orientation="horizontal"
              defaultLayout={columns}
              onLayoutChanged={(layout, { isUserInteraction }) => isUserInteraction && rememberLayout(layout)}
            >
              <Panel
                id="vmap"
                // In a small window the map leaves the cards two columns.
                defaultSize={window.innerWidth < 1200 ? 184 : '22%'}
                minSize={180}
                maxSize={560}
                collapsible
                groupResizeBehavior="preserve-pixel-size"
              >
                <VariationMap rows={shown} />
              </Panel>
              <Separator className="divider divider-column" aria-label="Resize the map" />
              <Panel id="vsheet" minSize={260}>
                <div className="vsheet">
                  <SheetToolbar shown={shown} />
                  {shown.length === 0 ? <NoCards /> : <ContactSheet rows={shown} runRange={run.range} />}
                </div>
              </Panel>
              <Separator className="divider divider-column" aria-label="Resize the panel of the chosen variation" />
              <Panel id="vdetail" defaultSize="19%" minSize={200} maxSize={420} collapsible groupResizeBehavior="preserve-pixel-size">
                <VariationDetail run={run} />
              </Panel>
            </Group>
          </Panel>
          {isComping && <Separator className="divider divider-row" aria-label="Resize the comp lanes" />}
          {isComping && (
            <Panel id="vcomp" defaultSize="36%" minSize={140} groupResizeBehavior="preserve-pixel-size">
              <CompPanel run={run} />
            </Panel>
          )}
        </Group>
      )}
      {hasRows && <ListeningBar run={run} />}
    </div>
  )
}

/** The variations under the arrangement: the map and the sheet, without the setup. */
export const VariationsTab = () => {
  useLoaded()
  const shown = useSheet()
  const run = useVariations((state) => state.run)
  const hasRows = useVariations((state) => state.rows.size > 0)
  if (!run || !hasRows) {
    return (
      <div className="variations vtab">
        <EmptyState
          icon={LayoutGrid}
          title={isRunning(run) ? 'On their way' : 'No variations yet'}
          action={<Button onClick={() => showScreen('variations')}>Open Variations</Button>}
        >
          Many versions of this remix, from close to far, each checked against the licence before you hear it.
        </EmptyState>
      </div>
    )
  }
  return (
    <div className="variations vtab">
      <VariationMap rows={shown} />
      <div className="vsheet">
        <SheetToolbar shown={shown} />
        {shown.length === 0 ? <NoCards /> : <ContactSheet rows={shown} runRange={run.range} />}
      </div>
    </div>
  )
}
