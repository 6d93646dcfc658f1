// The append-only receipt log: RFC 6962 over the JWS texts, checkpoints as C2SP notes.
import {
  buildCheckpoint,
  completedNodes,
  consistencyNodes,
  foldNodes,
  inclusionNodes,
  leafHash,
  nodeHash,
  rootNodes,
  signNote,
} from '../src-shared/receipts/index.ts'
import type { TreeNode } from '../src-shared/receipts/index.ts'
import { assert, toBase64, utf8 } from '../src-shared/std/index.ts'
import type { Inclusion } from '../src-shared/protocol/index.ts'
import { sha256 } from './keys.ts'
import type { ServiceKeys } from './keys.ts'
import type { ServiceReader, ServiceWriter, StoredCheckpoint } from './store.ts'

/** Appends one receipt; returns its index. Runs inside a transaction that ends with `publishCheckpoint`. */
export const appendLeaf = async (writer: ServiceWriter, jws: string): Promise<number> => {
  const index = await writer.logSize()
  let hash = leafHash(utf8(jws), sha256)
  for (const node of completedNodes(index)) {
    if (node.level > 0) {
      const [left] = await writer.logNodes([{ level: node.level - 1, index: node.index * 2 }])
      hash = nodeHash(left!, hash, sha256)
    }
    await writer.putLogNode(node, hash)
  }
  await writer.setLogSize(index + 1)
  return index
}

/** Signs the state of the log; the same size always gives the same note. */
export const publishCheckpoint = async (writer: ServiceWriter, keys: ServiceKeys, at: string): Promise<StoredCheckpoint> => {
  const size = await writer.logSize()
  const existing = await writer.checkpoint(size)
  if (existing) return existing
  const root = foldNodes(await writer.logNodes(rootNodes(size)), sha256)
  const { name, key } = keys.log.noteKey
  const note = signNote(buildCheckpoint({ origin: name, size, root }), name, key, { sign: keys.log.sign, sha256 })
  const checkpoint = { size, root, note }
  await writer.putCheckpoint(checkpoint, at)
  return checkpoint
}

const buildProof = async (reader: ServiceReader, path: readonly (readonly TreeNode[])[]): Promise<string[]> => {
  const proof: string[] = []
  for (const nodes of path) proof.push(toBase64(foldNodes(await reader.logNodes(nodes), sha256)))
  return proof
}

/** Proof that leaf `index` is in the tree of `size`, for which a checkpoint must exist. */
export const buildInclusion = async (reader: ServiceReader, index: number, size: number): Promise<Inclusion> => {
  const checkpoint = await reader.checkpoint(size)
  assert(checkpoint, `no checkpoint for size ${size}`)
  return { logIndex: index, treeSize: size, inclusion: await buildProof(reader, inclusionNodes(index, size)), checkpoint: checkpoint.note }
}

/** Proof that the tree of `to` leaves adds to the tree of `from` leaves. */
export const buildConsistency = (reader: ServiceReader, from: number, to: number): Promise<string[]> =>
  buildProof(reader, consistencyNodes(from, to))
