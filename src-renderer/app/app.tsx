// The window: top bar, rail, one screen, and what floats above.
import { Tooltip } from 'radix-ui'
import { Toaster } from 'sonner'
import { ApprovalsScreen, StandingBar, SubmitSheet } from '../approvals/index.ts'
import { ExportSheet } from '../export/index.ts'
import { LedgerScreen } from '../ledger/index.ts'
import { LibraryHome } from '../library/index.ts'
import { DevicePicker, PluginSheet, PluginsSheet } from '../plugins/index.ts'
import { RevoiceSheet } from '../pianoroll/index.ts'
import { usePreference, useRemix, useView } from '../state/index.ts'
import { TipView } from '../timeline/index.ts'
import { VariationsScreen } from '../variations/index.ts'
import { VerifyScreen } from '../verify/index.ts'
import { ErrorBoundary } from './error-boundary.tsx'
import { HelpSheet } from './help.tsx'
import { CommandPalette } from './palette.tsx'
import { Rail } from './rail.tsx'
import { SettingsSheet } from './settings.tsx'
import { TopBar } from './top-bar.tsx'
import { useKeys } from './use-keys.ts'
import { Workspace } from './workspace.tsx'

const Screens = () => {
  const screen = useView((view) => view.screen)
  const uid = useRemix((remix) => remix.uid)
  if (screen === 'verify') return <VerifyScreen />
  if (screen === 'ledger') return <LedgerScreen />
  if (screen === 'approvals') return <ApprovalsScreen />
  if (screen === 'variations' && uid !== null) return <VariationsScreen key={uid} />
  if (screen !== 'remix' || uid === null) return <LibraryHome />
  return (
    <div className="remix-screen">
      <StandingBar />
      <Workspace key={uid} />
    </div>
  )
}

/** The whole window. */
export const App = () => {
  useKeys()
  const screen = useView((view) => view.screen)
  const theme = usePreference('theme')
  return (
    <Tooltip.Provider delayDuration={450} skipDelayDuration={200}>
      <div className="app">
        <TopBar />
        <Rail />
        <main className="screen">
          <ErrorBoundary key={screen} name="This screen">
            <Screens />
          </ErrorBoundary>
        </main>
      </div>
      <ExportSheet />
      <SubmitSheet />
      <SettingsSheet />
      <HelpSheet />
      <CommandPalette />
      <RevoiceSheet />
      <PluginsSheet />
      <PluginSheet />
      <DevicePicker />
      <TipView />
      <Toaster
        theme={theme === 'light' ? 'light' : 'dark'}
        position={screen === 'variations' ? 'bottom-center' : 'bottom-right'}
        offset={screen === 'variations' ? { bottom: 64 } : { bottom: 24 }}
        closeButton
        visibleToasts={4}
      />
    </Tooltip.Provider>
  )
}
