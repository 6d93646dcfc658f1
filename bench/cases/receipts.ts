// Durable signed receipts: every one through the ledger's own door (reserve, sign and commit, name), flushed to disk before the next begins.
import { join } from 'node:path'
import { judge, type Outcome } from '../compare.ts'
import { scratchDir } from '../material.ts'
import { measure, median } from '../measure.ts'

const TARGET = { figure: 'receiptsPerSecond', limit: 1_000, is: 'at least' } as const

interface Reply {
  readonly receiptsPerSecond: number
  readonly bareRowsPerSecond: number
  readonly transactionsPerReceipt: number
  readonly rowsPerTransaction: number
  readonly flushesPerReceipt: number
}

/** Ours is the whole receipt, the peer one bare row a transaction into the same kind of database on the same disk. */
export const receiptsCase = async ({ rounds, node }: { readonly rounds: number; readonly node: string }): Promise<Outcome> => {
  const command = { file: node, args: [join(import.meta.dirname, '../runners/receipts.ts'), scratchDir()] }
  const replies: Reply[] = []
  for (let round = 0; round < rounds; round++) replies.push(JSON.parse((await measure(command, { withMemory: false })).stdout) as Reply)
  const { peakMemoryMiB } = await measure(command, { withMemory: true })
  const middle = (key: keyof Reply): number => median(replies.map((reply) => reply[key]))
  const receiptsPerSecond = middle('receiptsPerSecond')
  const ours = 1e6 / receiptsPerSecond
  const peer = 1e6 / middle('bareRowsPerSecond')
  return {
    name: 'receipts-1000',
    rounds,
    ours: { wallMs: ours, cpuMs: null },
    peer: { name: 'SQLite, one bare row a transaction', wallMs: peer, cpuMs: null },
    wallRatio: ours / peer,
    cpuRatio: null,
    peakMemoryMiB,
    target: judge(TARGET, receiptsPerSecond),
    figures: {
      receiptsPerSecond,
      bareRowsPerSecond: middle('bareRowsPerSecond'),
      transactionsPerReceipt: middle('transactionsPerReceipt'),
      rowsPerTransaction: middle('rowsPerTransaction'),
      flushesPerReceipt: middle('flushesPerReceipt'),
    },
    notes: 'milliseconds for 1,000; WAL, synchronous FULL, on the disk of the cache folder',
  }
}
