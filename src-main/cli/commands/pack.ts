// `stemma pack DIR`: what a small label does once per work.
import { resolve } from 'node:path'
import { APP_VERSION, createNodeProcessHost, createSigner, packFolder } from '../../studio/index.ts'
import type { Run } from '../command.ts'
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
