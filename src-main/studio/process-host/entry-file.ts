// Where a child's program lies: beside its source when run from source, beside this bundle when bundled (all entries share one flat folder).
import { join } from 'node:path'
import type { ChildEntry } from './process-host.ts'

const IN_SOURCE: Readonly<Record<ChildEntry, string>> = {
  signer: '../stamp/signer.ts',
  engine: '../../../src-engine/engine.ts',
  service: '../../../src-service/main.ts',
  'plugin-host': '../../../src-engine/plugins/host/main.ts',
  'plugin-scanner': '../../../src-engine/plugins/scan/scanner.ts',
}

/** Absolute path of a child's program. */
export const entryFile = (entry: ChildEntry): string =>
  import.meta.filename.endsWith('.ts') ? join(import.meta.dirname, IN_SOURCE[entry]) : join(import.meta.dirname, `${entry}.js`)
