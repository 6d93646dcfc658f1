// The remix screen: library, arrangement, inspector, and the panel below; every size is remembered.
import { useEffect, useMemo } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { Inspector } from '../inspector/index.ts'
import { LibraryPanel } from '../library/index.ts'
import { rememberedLayout, rememberLayout } from '../state/index.ts'
import { Timeline } from '../timeline/index.ts'
import { BottomTabs } from './bottom-tabs.tsx'
import { foldWhileNarrow, notePanel, panelRef } from './panels.ts'

const LIBRARY = panelRef('library')
const INSPECTOR = panelRef('inspector')
const BELOW = panelRef('below')

/** The workspace of the open remix. */
export const Workspace = () => {
  const rows = useMemo(() => rememberedLayout(['above', 'below']), [])
  const columns = useMemo(() => rememberedLayout(['library', 'arrangement', 'inspector']), [])
  useEffect(foldWhileNarrow, [])
  return (
    <Group
      orientation="vertical"
      className="workspace"
      defaultLayout={rows}
      onLayoutChanged={(layout, { isUserInteraction }) => isUserInteraction && rememberLayout(layout)}
    >
      <Panel id="above" minSize={220}>
        <Group
          orientation="horizontal"
          defaultLayout={columns}
          onLayoutChanged={(layout, { isUserInteraction }) => isUserInteraction && rememberLayout(layout)}
        >
          <Panel
            id="library"
            panelRef={LIBRARY}
            onResize={() => notePanel('library')}
            defaultSize={222}
            minSize={168}
            maxSize={380}
            collapsible
            groupResizeBehavior="preserve-pixel-size"
          >
            <LibraryPanel />
          </Panel>
          <Separator className="divider divider-column" aria-label="Resize the library" />
          <Panel id="arrangement" minSize={320}>
            <Timeline />
          </Panel>
          <Separator className="divider divider-column" aria-label="Resize the inspector" />
          <Panel
            id="inspector"
            panelRef={INSPECTOR}
            onResize={() => notePanel('inspector')}
            defaultSize={264}
            minSize={216}
            maxSize={420}
            collapsible
            groupResizeBehavior="preserve-pixel-size"
          >
            <Inspector />
          </Panel>
        </Group>
      </Panel>
      <Separator className="divider divider-row" aria-label="Resize the lower panel" />
      <Panel
        id="below"
        panelRef={BELOW}
        onResize={() => notePanel('below')}
        defaultSize="31%"
        minSize={150}
        collapsible
        collapsedSize={36}
        groupResizeBehavior="preserve-pixel-size"
      >
        <BottomTabs />
      </Panel>
    </Group>
  )
}
