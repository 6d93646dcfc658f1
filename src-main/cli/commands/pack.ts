// `stemma pack DIR` and `stemma renew PACK`: what a small label does once per work, and when its licence ends.
import { resolve } from 'node:path'
import { APP_VERSION, createNodeProcessHost, createSigner, packFolder, renewPack } from '../../studio/index.ts'
import { type Run, UsageError } from '../command.ts'
import { done, reportOf } from '../output.ts'

export interface PackOptions {
  readonly dir: string
  readonly out?: string
  /** Name of the label; the first licensor of the work when left out. */
  readonly label?: string
}

export const packCommand: Run<PackOptions> = async ({ homeDir, progress, signal }, { dir, out, label }) => {
  const signer = createSigner(createNodeProcessHost())
  try {
    const packed = await packFolder({
      dir: resolve(dir),
      out: resolve(out ?? `${dir.replace(/[/\\]+$/, '')}.stemmapack`),
      homeDir,
      ...(label === undefined ? {} : { labelName: label }),
      signer,
      appVersion: APP_VERSION,
      now: Date.now,
      signal,
      onProgress: ({ done: n, total, title }) => progress.show(`Signing ${title}`, n / total),
    })
    return reportOf(packed, (value) =>
      done({ ok: true, ...value }, [
        `${value.title}: ${value.stems} stems, ${(value.bytes / 1e6).toFixed(1)} MB, signed by ${value.label}`,
        value.out,
      ]),
    )
  } finally {
    signer.dispose()
  }
}

export interface RenewOptions {
  readonly pack: string
  readonly until?: string
  readonly terms?: string
  readonly out?: string
}

export const renewCommand: Run<RenewOptions> = async ({ homeDir, signal }, { pack, until, terms, out }) => {
  if (until === undefined && terms === undefined) throw new UsageError('Say what is renewed: --until DAY, --terms FILE, or both.')
  const renewed = await renewPack({
    pack: resolve(pack),
    out: resolve(out ?? pack),
    homeDir,
    ...(until === undefined ? {} : { until }),
    ...(terms === undefined ? {} : { terms: resolve(terms) }),
    now: Date.now,
    signal,
  })
  return reportOf(renewed, (value) =>
    done({ ok: true, ...value }, [
      `${value.title}: licensed until ${value.notAfter.slice(0, 10)} (before: ${value.before.slice(0, 10)}), the same ${value.stems} stems, signed by ${value.label}`,
      value.out,
    ]),
  )
}
