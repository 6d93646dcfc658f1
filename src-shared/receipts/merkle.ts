// RFC 6962 section 2.1 Merkle trees. A tree is addressed by complete subtrees (level, index), so a log stores each hash once and
// builds any proof from O(log n) reads. Sizes are integers below 2^53: no 32-bit operators on them.
import { assert } from '../std/index.ts'
import type { Sha256 } from '../std/index.ts'

/** A complete subtree: `level` 0 is a leaf; it covers leaves [index * 2^level, (index + 1) * 2^level). */
export interface TreeNode {
  readonly level: number
  readonly index: number
}

const LEAF = new Uint8Array([0])
const NODE = new Uint8Array([1])

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export const leafHash = (data: Uint8Array, sha256: Sha256): Uint8Array => sha256(LEAF, data)
export const nodeHash = (left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array => sha256(NODE, left, right)

/** Largest power of two smaller than `n` (n >= 2). */
const split = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Complete subtrees that make up leaves [start, end), left to right. `start` must be a multiple of the largest of them. */
const subtrees = (start: number, end: number): TreeNode[] => {
  const nodes: TreeNode[] = []
  let at = start
  while (at < end) {
    let level = 0
    let span = 1
    while (span * 2 <= end - at && at % (span * 2) === 0) {
      span *= 2
      level++
    }
    nodes.push({ level, index: at / span })
    at += span
  }
  return nodes
}

/** Subtrees whose fold is the root of a tree of `size` leaves; none for the empty tree. */
export const rootNodes = (size: number): TreeNode[] => subtrees(0, size)

/** One hash of several neighbouring subtrees, folded from the right as RFC 6962 has it. */
export const foldNodes = (hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array => {
  let hash = hashes.at(-1)
  if (!hash) return sha256()
  for (let i = hashes.length - 2; i >= 0; i--) hash = nodeHash(hashes[i]!, hash, sha256)
  return hash
}

/** For each hash of the inclusion proof of leaf `index` in a tree of `size`, leaf to root: the subtrees to fold. */
export const inclusionNodes = (index: number, size: number): TreeNode[][] => {
  assert(index >= 0 && index < size, 'leaf outside the tree')
  const walk = (start: number, end: number): TreeNode[][] => {
    if (end - start === 1) return []
    const middle = start + split(end - start)
    return index < middle ? [...walk(start, middle), subtrees(middle, end)] : [...walk(middle, end), subtrees(start, middle)]
  }
  return walk(0, size)
}

/** For each hash of the consistency proof between trees of `from` and `to` leaves: the subtrees to fold. Empty for equal sizes and for an empty first tree. */
export const consistencyNodes = (from: number, to: number): TreeNode[][] => {
  assert(from >= 0 && from <= to, 'trees out of order')
  if (from === 0 || from === to) return []
  const walk = (start: number, end: number, isWhole: boolean): TreeNode[][] => {
    if (from === end) return isWhole ? [] : [subtrees(start, end)]
    const middle = start + split(end - start)
    return from <= middle
      ? [...walk(start, middle, isWhole), subtrees(middle, end)]
      : [...walk(middle, end, false), subtrees(start, middle)]
  }
  return walk(0, to, true)
}

/** Nodes that become known when leaf number `index` is appended, leaf first; each parent is hashed from its two children. */
export const completedNodes = (index: number): TreeNode[] => {
  const nodes: TreeNode[] = [{ level: 0, index }]
  for (let level = 0, at = index; at % 2 === 1; level++) {
    at = (at - 1) / 2
    nodes.push({ level: level + 1, index: at })
  }
  return nodes
}

/** Checks that `leaf` is number `index` in the tree of `size` with `root` (RFC 9162 section 2.1.3.2). */
export const verifyInclusion = (
  { leaf, index, size, proof, root }: { leaf: Uint8Array; index: number; size: number; proof: readonly Uint8Array[]; root: Uint8Array },
  sha256: Sha256,
): boolean => {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  let fn = index
  let sn = size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash, sha256)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else hash = nodeHash(hash, sibling, sha256)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && isEqual(hash, root)
}

export interface ConsistencyClaim {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** Checks that the tree of `to` leaves only adds to the tree of `from` leaves (RFC 9162 section 2.1.4.2). An empty first tree is a prefix of every tree. */
export const verifyConsistency = ({ from, to, fromRoot, toRoot, proof }: ConsistencyClaim, sha256: Sha256): boolean => {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to) return false
  if (from === to) return proof.length === 0 && isEqual(fromRoot, toRoot)
  if (from === 0) return proof.length === 0 && isEqual(fromRoot, sha256())
  let fn = from - 1
  let sn = to - 1
  while (fn % 2 === 1) {
    fn = (fn - 1) / 2
    sn = Math.floor(sn / 2)
  }
  // A first tree that is a complete subtree of the second is its own first hash.
  const path = fn === 0 ? [fromRoot, ...proof] : proof
  const first = path[0]
  if (!first || proof.length === 0) return false
  let fromHash = first
  let toHash = first
  for (const sibling of path.slice(1)) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fromHash = nodeHash(sibling, fromHash, sha256)
      toHash = nodeHash(sibling, toHash, sha256)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else toHash = nodeHash(toHash, sibling, sha256)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && isEqual(fromHash, fromRoot) && isEqual(toHash, toRoot)
}
