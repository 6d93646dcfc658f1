// The demo catalogue as packs: rendered and packed once on first use, then found where they were left.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { packFolder } from '../pack/index.ts'
import type { Signer } from '../stamp/index.ts'
import { CATALOGUE_VERSION, renderDemoCatalogue } from './catalogue/index.ts'

export interface DemoPacksOptions {
  /** Where packs lie and intermediate audio is rendered. */
  readonly dir: string
  readonly homeDir: string
  readonly signer: Signer
  readonly appVersion: string
  readonly onProgress?: (fraction: number, label: string) => void
  readonly signal?: AbortSignal
}

/** Paths of the demo packs, made if they are not there yet. Codes: `demo.*`, `pack.*`, `disk.*`. */
export const ensureDemoPacks = async ({
  dir,
  homeDir,
  signer,
  appVersion,
  onProgress = () => {},
  signal,
}: DemoPacksOptions): Promise<Result<readonly string[]>> => {
  const packs = join(dir, `packs-${CATALOGUE_VERSION}`)
  const works = join(dir, 'works')
  const done = join(packs, '.done')
  try {
    mkdirSync(packs, { recursive: true, mode: 0o700 })
  } catch (error) {
    return fileFailure(error, packs)
  }
  const rendered = existsSync(done)
    ? null
    : await renderDemoCatalogue({
        dir: works,
        onProgress: (fraction, label) => onProgress(fraction * 0.8, label),
        ...(signal ? { signal } : {}),
      })
  if (rendered === null) {
    const { readdir } = await import('node:fs/promises')
    return ok(
      (await readdir(packs))
        .filter((name) => name.endsWith('.stemmapack'))
        .sort()
        .map((name) => join(packs, name)),
    )
  }
  if (!rendered.ok) return rendered
  const paths: string[] = []
  for (const [i, folder] of rendered.value.entries()) {
    const out = join(packs, `${basename(folder.dir)}.stemmapack`)
    onProgress(0.8 + (0.2 * i) / rendered.value.length, `Packing ${basename(folder.dir)}`)
    const packed = await packFolder({ dir: folder.dir, out, homeDir, signer, appVersion, now: Date.now, ...(signal ? { signal } : {}) })
    if (!packed.ok) return packed
    paths.push(out)
  }
  // The packs hold the same audio; two copies would only fill the disk.
  await rm(works, { recursive: true, force: true })
  writeFileSync(done, '')
  return ok(paths)
}
