// Where the application keeps its data. Everything lies below one folder, `--home DIR` on the command line.
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Home {
  readonly dir: string
  readonly stems: string
  readonly pcmCache: string
  /** ONNX models the user added, each named by the SHA-256 of the file. */
  readonly models: string
  /** What was measured of sounds to match, by the SHA-256 of the file. */
  readonly references: string
  /** What is known of the plugins of this machine, and the user's own presets. */
  readonly plugins: string
  readonly journals: string
  readonly identity: string
  readonly library: string
  readonly ledger: string
  /** Threads with artists, and the sounds that go with them. */
  readonly approvals: string
  /** Which variations were kept, by remix. */
  readonly variations: string
  /** Data of the embedded rights service, where one runs. */
  readonly service: string
  readonly temp: string
  /** Packs of the demo catalogue; `$STEMMA_DEMO_DIR` lets several homes share them. */
  readonly demo: string
}

/** `$STEMMA_HOME`, else the platform's data folder. */
export const defaultHomeDir = (): string => {
  if (process.env.STEMMA_HOME) return resolve(process.env.STEMMA_HOME)
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Stemma')
  if (process.platform === 'win32') return join(process.env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Stemma')
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'stemma')
}

/** Makes the folders that are missing. Throws the file system's error where it cannot. */
export const openHome = (dir: string): Home => {
  const home: Home = {
    dir,
    stems: join(dir, 'stems'),
    pcmCache: join(dir, 'pcm'),
    models: join(dir, 'models'),
    references: join(dir, 'references'),
    plugins: join(dir, 'plugins'),
    journals: join(dir, 'journals'),
    identity: join(dir, 'identity'),
    library: join(dir, 'library.sqlite'),
    ledger: dir,
    approvals: join(dir, 'approvals'),
    variations: join(dir, 'variations'),
    service: join(dir, 'service'),
    temp: join(dir, 'temp'),
    demo: process.env.STEMMA_DEMO_DIR ? resolve(process.env.STEMMA_DEMO_DIR) : join(dir, 'demo'),
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  for (const folder of [home.stems, home.pcmCache, home.journals, home.identity, home.temp])
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  return home
}
