// Names of derived sounds: what they are made from and how, hashed. The same work is never done twice, and a changed one never mistaken for the old.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { PlanSource } from '../src-shared/remix/index.ts'
import { canonicalBytes } from '../src-shared/std/index.ts'

/** Raised whenever the same make or warp would sound different than before: stretcher, instruments, kits. */
export const DERIVE_VERSION = 3

/** What decides how a source sounds. */
export type DerivedSound = Pick<PlanSource, 'contentSha256' | 'make' | 'madeFrames' | 'warp'>

/** Notes of a long stem are many, and a plan is opened often. */
const known = new WeakMap<DerivedSound, string>()

/** Name of a source's sound, 64 hex digits: the stem's own hash where nothing is made or warped. */
export const deriveKey = (source: DerivedSound): string => {
  const { contentSha256, make, madeFrames, warp } = source
  if (!make && !warp) return contentSha256
  const cached = known.get(source)
  if (cached !== undefined) return cached
  const key = createHash('sha256')
    .update(
      canonicalBytes({
        contentSha256,
        make: make ?? null,
        ...(madeFrames === undefined ? {} : { madeFrames }),
        warp: warp ?? null,
        version: DERIVE_VERSION,
      }),
    )
    .digest('hex')
  known.set(source, key)
  return key
}

/** Derived sounds have a folder of their own in the decoded-audio cache: they come and go with every change of tempo. */
export const derivedDir = (cacheDir: string): string => join(cacheDir, 'derived')

/** Where a source's sound is kept: folder and name, as `openDecoded` takes them. */
export const soundPlace = (cacheDir: string, source: DerivedSound): { readonly dir: string; readonly key: string } => ({
  dir: source.make || source.warp ? derivedDir(cacheDir) : cacheDir,
  key: deriveKey(source),
})
