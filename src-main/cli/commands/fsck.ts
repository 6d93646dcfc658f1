// `stemma fsck`: is everything on disk as it should be?
import { fsck } from '../../studio/index.ts'
import type { Run } from '../command.ts'
import { done, finding, refused } from '../output.ts'

export const fsckCommand: Run<unknown> = async (context) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const { findings, checked } = await fsck(studio.value)
  const isClean = findings.every(({ severity }) => severity === 'notice')
  const lines = [
    `Checked ${checked.receipts} receipts, ${checked.exports} exports, ${checked.stems} stems, ${checked.journals} recovery files.`,
    ...findings.map(({ severity, message, code }) => `${severity}: ${message} (${code})`),
    ...(isClean ? ['Clean.'] : []),
  ]
  return isClean ? done({ ok: true, findings, checked }, lines) : finding({ ok: false, findings, checked }, lines)
}
