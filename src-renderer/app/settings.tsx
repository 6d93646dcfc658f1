// Settings: few, each with what it does.
import { Switch } from 'radix-ui'
import { Dialog, FieldRow, Segmented } from '../parts/index.ts'
import { openSheet, SNAP_CHOICES, setPreferences, snapGridOf, useLibrary, usePreference, useView } from '../state/index.ts'
import { THEMES } from '../theme/index.ts'

/** The settings sheet. */
export const SettingsSheet = () => {
  const isOpen = useView((view) => view.sheet === 'settings')
  const theme = usePreference('theme')
  const follow = usePreference('followPlayhead')
  const snap = snapGridOf(usePreference('snap'))
  const info = useLibrary((library) => library.info)
  return (
    <Dialog isOpen={isOpen} onClose={() => openSheet(null)} title="Settings">
      <div className="settings">
        <section aria-label="Look">
          <h3 className="caps">Look</h3>
          <FieldRow name="Theme">
            <Segmented label="Theme" value={theme} options={THEMES} onChange={(next) => setPreferences({ theme: next })} />
          </FieldRow>
          <p className="muted">Motion follows the system: with reduced motion nothing moves but playhead and meters.</p>
        </section>
        <section aria-label="Editing">
          <h3 className="caps">Editing</h3>
          <FieldRow name="Follow the playhead">
            <Switch.Root
              className="switch"
              aria-label="Follow the playhead"
              checked={follow}
              onCheckedChange={(followPlayhead) => setPreferences({ followPlayhead })}
            >
              <Switch.Thumb className="switch-thumb" />
            </Switch.Root>
          </FieldRow>
          <FieldRow name="Snap to">
            <select
              className="select select-small"
              aria-label="Snap to"
              value={snap}
              onChange={(event) => setPreferences({ snap: event.target.value })}
            >
              {SNAP_CHOICES.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </FieldRow>
          <FieldRow name="Keys">
            <button type="button" className="link" onClick={() => openSheet('help')}>
              Show all keys
            </button>
          </FieldRow>
        </section>
        <section aria-label="Plugins">
          <h3 className="caps">Plugins</h3>
          <FieldRow name="LV2, CLAP and VST3">
            <button type="button" className="link" onClick={() => openSheet('plugins')}>
              Manage plugins
            </button>
          </FieldRow>
        </section>
        <section aria-label="This app">
          <h3 className="caps">This app</h3>
          {info && (
            <>
              <FieldRow name="Version">{`${info.version} · Electron ${info.electron}`}</FieldRow>
              <FieldRow name="Rights service">{`${info.service.name}${info.service.isDemo ? ' (demo)' : ''} · ${info.service.state}`}</FieldRow>
              <FieldRow name="Signing keys">
                {info.keyProtection === 'os' ? 'kept by the system’s keyring' : 'kept in a file: this system has no keyring'}
              </FieldRow>
            </>
          )}
          <p className="muted">
            Receipts name stems, times and hashes; never your name, your files’ places or this machine. What was and will be sent is in the
            ledger.
          </p>
        </section>
      </div>
    </Dialog>
  )
}
