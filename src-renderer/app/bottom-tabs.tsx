// The panel under the arrangement.
import { PanelBottom, PanelLeft, PanelRight } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { LedgerSummary } from '../ledger/index.ts'
import { Mixer } from '../mixer/index.ts'
import { IconButton } from '../parts/index.ts'
import { type BottomTab, useRemix, useView, viewStore } from '../state/index.ts'
import { useVariations, VariationsTab } from '../variations/index.ts'
import { HistoryTab } from './history-tab.tsx'
import { LineageTab } from './lineage-tab.tsx'
import { keysOf } from './commands.ts'
import { type PanelName, togglePanel, usePanelOpen } from './panels.ts'

const PANELS = [
  { name: 'library', icon: PanelLeft, words: 'library' },
  { name: 'below', icon: PanelBottom, words: 'lower panel' },
  { name: 'inspector', icon: PanelRight, words: 'inspector' },
] as const satisfies readonly { name: PanelName; icon: unknown; words: string }[]

const PanelToggle = ({ name, icon, words }: (typeof PANELS)[number]) => {
  const isOpen = usePanelOpen(name)
  return (
    <IconButton
      icon={icon}
      label={`${isOpen ? 'Hide' : 'Show'} the ${words}`}
      keys={keysOf(`panel.${name}`)}
      className={isOpen ? 'is-open' : ''}
      onClick={() => togglePanel(name)}
    />
  )
}

/** Mixer, lineage, history, ledger. */
export const BottomTabs = () => {
  const tab = useView((view) => view.bottomTab)
  const ingredients = useRemix((remix) => remix.status?.says.ingredients.length ?? 0)
  const steps = useRemix((remix) => remix.history.index)
  const isOpen = usePanelOpen('below')
  const variations = useVariations((state) => state.rows.size)
  const tabs: readonly { readonly value: BottomTab; readonly label: string; readonly count: number | null }[] = [
    { value: 'mixer', label: 'Mixer', count: null },
    { value: 'variations', label: 'Variations', count: variations > 0 ? variations : null },
    { value: 'lineage', label: 'Lineage', count: ingredients },
    { value: 'history', label: 'History', count: steps },
    { value: 'ledger', label: 'Ledger', count: null },
  ]
  return (
    <Tabs.Root
      className="bottom"
      value={tab}
      onValueChange={(value) => viewStore.setState({ bottomTab: tabs.find((one) => one.value === value)?.value ?? 'mixer' })}
    >
      <div className="bottom-head">
        <Tabs.List className="bottom-tabs" aria-label="Panels">
          {tabs.map(({ value, label, count }) => (
            <Tabs.Trigger key={value} value={value} className="bottom-tab" onClick={() => isOpen || togglePanel('below')}>
              {label}
              {count !== null && <small>{count}</small>}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <div className="bottom-panels">
          {PANELS.map((panel) => (
            <PanelToggle key={panel.name} {...panel} />
          ))}
        </div>
      </div>
      <Tabs.Content value="mixer" className="bottom-content" tabIndex={-1}>
        <Mixer />
      </Tabs.Content>
      <Tabs.Content value="variations" className="bottom-content">
        <VariationsTab />
      </Tabs.Content>
      <Tabs.Content value="lineage" className="bottom-content">
        <LineageTab />
      </Tabs.Content>
      <Tabs.Content value="history" className="bottom-content">
        <HistoryTab />
      </Tabs.Content>
      <Tabs.Content value="ledger" className="bottom-content">
        <LedgerSummary />
      </Tabs.Content>
    </Tabs.Root>
  )
}
