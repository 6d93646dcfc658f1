// RFC 6962 trees: the published vectors, and every proof of every small tree both ways.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../std/index.ts'
import {
  completedNodes,
  consistencyNodes,
  foldNodes,
  inclusionNodes,
  leafHash,
  nodeHash,
  rootNodes,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
import type { TreeNode } from './merkle.ts'

const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}

// Inputs and roots of the certificate-transparency reference implementation (MerkleTreeTest).
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => fromHex(hex)!,
)
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** A tree that grows leaf by leaf, as the log keeps it. */
const grow = (leaves: readonly Uint8Array[]) => {
  const nodes = new Map<string, Uint8Array>()
  const at = ({ level, index }: TreeNode): Uint8Array => nodes.get(`${level}/${index}`)!
  leaves.forEach((data, number) => {
    for (const node of completedNodes(number)) {
      const hash =
        node.level === 0
          ? leafHash(data, sha256)
          : nodeHash(at({ level: node.level - 1, index: node.index * 2 }), at({ level: node.level - 1, index: node.index * 2 + 1 }), sha256)
      nodes.set(`${node.level}/${node.index}`, hash)
    }
  })
  const fold = (some: readonly TreeNode[]): Uint8Array => foldNodes(some.map(at), sha256)
  return {
    root: (size: number) => fold(rootNodes(size)),
    inclusion: (index: number, size: number) => inclusionNodes(index, size).map(fold),
    consistency: (from: number, to: number) => consistencyNodes(from, to).map(fold),
  }
}

describe('an RFC 6962 tree', () => {
  it('has the published roots', () => {
    const tree = grow(INPUTS)
    expect(ROOTS.map((_, i) => toHex(tree.root(i + 1)))).toEqual(ROOTS)
    expect(toHex(tree.root(0))).toBe(toHex(sha256()))
  })

  it('gives the published paths', () => {
    const tree = grow(INPUTS)
    expect(tree.inclusion(0, 8).map(toHex)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(tree.consistency(6, 8).map(toHex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
  })

  const leaves = Array.from({ length: 67 }, (_, i) => Uint8Array.of(i))
  const tree = grow(leaves)

  it('proves every leaf of every size up to 67, and no other leaf', () => {
    for (let size = 1; size <= leaves.length; size++) {
      for (let index = 0; index < size; index++) {
        const claim = { leaf: leafHash(leaves[index]!, sha256), index, size, proof: tree.inclusion(index, size), root: tree.root(size) }
        expect(verifyInclusion(claim, sha256)).toBe(true)
        const forgeries = [
          { ...claim, leaf: leafHash(Uint8Array.of(200), sha256) },
          { ...claim, index: (index + 1) % size, ...(size === 1 ? { leaf: sha256() } : {}) },
          { ...claim, proof: [...claim.proof, sha256()] },
          { ...claim, proof: claim.proof.slice(0, -1), ...(size === 1 ? { root: sha256() } : {}) },
          { ...claim, index: size },
          { ...claim, index: -1 },
          { ...claim, root: tree.root(size - 1) },
        ]
        expect(forgeries.filter((forgery) => verifyInclusion(forgery, sha256))).toEqual([])
      }
    }
  })

  it('proves that every size only adds to every smaller one, and nothing else', () => {
    for (let to = 0; to <= 40; to++) {
      for (let from = 0; from <= to; from++) {
        const claim = { from, to, fromRoot: tree.root(from), toRoot: tree.root(to), proof: tree.consistency(from, to) }
        expect(verifyConsistency(claim, sha256)).toBe(true)
        const other = sha256(Uint8Array.of(1, 2, 3))
        const forgeries = [
          { ...claim, fromRoot: other },
          { ...claim, proof: [...claim.proof, other] },
          { ...claim, from: to + 1 },
          ...(from > 0 ? [{ ...claim, toRoot: other }] : []),
          ...(claim.proof.length > 0
            ? [
                { ...claim, proof: claim.proof.slice(1) },
                { ...claim, proof: [] },
              ]
            : []),
        ]
        expect(forgeries.filter((forgery) => verifyConsistency(forgery, sha256))).toEqual([])
      }
    }
  })

  it('does not take a smaller tree for a grown one', () => {
    expect(verifyConsistency({ from: 8, to: 5, fromRoot: tree.root(8), toRoot: tree.root(5), proof: [] }, sha256)).toBe(false)
  })
})
