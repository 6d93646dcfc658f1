// The way between screens, at the left edge.
import { FileCheck2, Keyboard, LibraryBig, LayoutGrid, type LucideIcon, ReceiptText, MailCheck, Rows3, Settings } from 'lucide-react'
import { threadsOf, useApprovals } from '../approvals/index.ts'
import { classes, Hint } from '../parts/index.ts'
import { openSheet, type Screen, showScreen, useLedger, useRemix, useView } from '../state/index.ts'
import { keysOf } from './commands.ts'

const PLACES: readonly { readonly screen: Screen; readonly label: string; readonly icon: LucideIcon }[] = [
  { screen: 'library', label: 'Library', icon: LibraryBig },
  { screen: 'remix', label: 'Remix', icon: Rows3 },
  { screen: 'variations', label: 'Variations', icon: LayoutGrid },
  { screen: 'verify', label: 'Verify', icon: FileCheck2 },
  { screen: 'ledger', label: 'Ledger', icon: ReceiptText },
  { screen: 'approvals', label: 'Approvals', icon: MailCheck },
]

/** Screens of the open remix. */
const needsRemix = (place: Screen): boolean => place === 'remix' || place === 'variations'

/** The rail. */
export const Rail = () => {
  const screen = useView((view) => view.screen)
  const hasRemix = useRemix((remix) => remix.uid !== null)
  const queued = useLedger((ledger) => ledger.sync?.queued ?? 0)
  // What waits for this person: as artist an answer, as producer a change.
  const turns = useApprovals(
    ({ threads }) =>
      threadsOf(threads, 'inbox').filter(({ waitsFor }) => waitsFor === 'artist').length +
      (threads ?? []).filter(({ isMine, waitsFor }) => isMine && waitsFor === 'producer').length,
  )
  return (
    <nav className="rail" aria-label="Screens">
      {PLACES.map(({ screen: place, label, icon: Icon }) => (
        <Hint
          key={place}
          text={needsRemix(place) && !hasRemix ? 'Open a work as a remix first' : label}
          keys={keysOf(`go.${place}`)}
          side="right"
        >
          <button
            type="button"
            className={classes('rail-button', screen === place && 'is-here')}
            aria-current={screen === place ? 'page' : undefined}
            aria-disabled={needsRemix(place) && !hasRemix}
            onClick={() => (!needsRemix(place) || hasRemix) && showScreen(place)}
          >
            <Icon size={18} strokeWidth={1.8} aria-hidden />
            <span>{label}</span>
            {place === 'approvals' && turns > 0 && (
              <span className="rail-count" title={`${turns} waiting for you`}>
                {turns > 99 ? '99+' : turns}
              </span>
            )}
            {place === 'ledger' && queued > 0 && (
              <span className="rail-count" title={`${queued} queued`}>
                {queued > 99 ? '99+' : queued}
              </span>
            )}
          </button>
        </Hint>
      ))}
      <span className="spacer" />
      <Hint text="Keys" keys="?" side="right">
        <button type="button" className="rail-button" onClick={() => openSheet('help')}>
          <Keyboard size={18} strokeWidth={1.8} aria-hidden />
          <span>Keys</span>
        </button>
      </Hint>
      <Hint text="Settings" keys={keysOf('settings')} side="right">
        <button type="button" className="rail-button" onClick={() => openSheet('settings')}>
          <Settings size={18} strokeWidth={1.8} aria-hidden />
          <span>Settings</span>
        </button>
      </Hint>
    </nav>
  )
}
