// Writes receipts through the ledger as an export does, in turn with bare rows on the same disk. Argument: a folder. Prints one JSON object.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import Database from 'better-sqlite3'
import { exportOnce, identityIn } from '../../src-main/studio/ledger/ledger.fixture.ts'
import { openLedger } from '../../src-main/studio/ledger/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'

const BATCHES = 4
const BATCH = 250

const dir = mkdtempSync(join(argv[2] ?? '', 'receipts-'))
try {
  const ledger = unwrap(await openLedger({ dir, key: identityIn(dir), app: { name: 'Stemma', version: '0.1.0' } }))
  const bare = new Database(join(dir, 'bare.sqlite'))
  bare.pragma('journal_mode = WAL')
  bare.pragma('synchronous = FULL')
  bare.exec('CREATE TABLE line (id TEXT PRIMARY KEY, text TEXT NOT NULL)')
  const insert = bare.prepare('INSERT INTO line VALUES (?, ?)')
  exportOnce(ledger)
  const text = unwrap(ledger.show(ledger.list()[0]?.id ?? '')).jws
  const changes = (): number => (ledger.db.prepare('SELECT total_changes() AS n').get() as { readonly n: number }).n

  let receiptsMs = 0
  let bareMs = 0
  const before = changes()
  for (let batch = 0; batch < BATCHES; batch++) {
    let start = performance.now()
    for (let i = 0; i < BATCH; i++) exportOnce(ledger)
    receiptsMs += performance.now() - start
    start = performance.now()
    for (let i = 0; i < BATCH; i++) insert.run(`${batch}-${i}`, text)
    bareMs += performance.now() - start
  }
  const count = BATCHES * BATCH
  const transactions = 3
  const reply = {
    receiptsPerSecond: (count / receiptsMs) * 1_000,
    bareRowsPerSecond: (count / bareMs) * 1_000,
    transactionsPerReceipt: transactions,
    rowsPerTransaction: (changes() - before) / count / transactions,
    // Reserving and committing wait for the disk. Naming does not, and the recovery copy is flushed beside.
    flushesPerReceipt: 2,
  }
  ledger.close()
  bare.close()
  process.stdout.write(JSON.stringify(reply))
} finally {
  rmSync(dir, { recursive: true, force: true })
}
