// The panel under the arrangement.
import { Tabs } from 'radix-ui'
import { LedgerSummary } from '../ledger/index.ts'
import { Mixer } from '../mixer/index.ts'
import { type BottomTab, useRemix, useView, viewStore } from '../state/index.ts'
import { useVariations, VariationsTab } from '../variations/index.ts'
import { HistoryTab } from './history-tab.tsx'
import { LineageTab } from './lineage-tab.tsx'

/** Mixer, lineage, history, ledger. */
export const BottomTabs = () => {
  const tab = useView((view) => view.bottomTab)
  const ingredients = useRemix((remix) => remix.status?.says.ingredients.length ?? 0)
  const steps = useRemix((remix) => remix.history.index)
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
      <Tabs.List className="bottom-tabs" aria-label="Panels">
        {tabs.map(({ value, label, count }) => (
          <Tabs.Trigger key={value} value={value} className="bottom-tab">
            {label}
            {count !== null && <small>{count}</small>}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
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
