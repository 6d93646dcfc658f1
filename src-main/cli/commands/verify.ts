// `stemma verify`: three separate answers per file, then where it comes from.
import { resolve } from 'node:path'
import type { VerifyIngredient, VerifyReport } from '../../../src-shared/protocol/index.ts'
import type { Run } from '../command.ts'
import { done, finding, formatDuration, refused } from '../output.ts'

const lineage = (ingredients: readonly VerifyIngredient[], depth = 1): string[] =>
  ingredients.flatMap((one) => [
    `${'  '.repeat(depth)}${one.title}${one.role ? ` (${one.role})` : ''}: ${one.state}${one.range ? `, ${formatDuration(one.range.fromMs)}–${formatDuration(one.range.toMs)}` : ''}${one.signer ? `, signed by ${one.signer}` : ''}`,
    ...lineage(one.ingredients, depth + 1),
  ])

export const verifyLines = (report: VerifyReport): string[] => [
  report.fileName,
  `  Intact:  ${report.integrity.sentence}`,
  `  Signer:  ${report.signer?.sentence ?? 'Nobody signed it.'}`,
  `  Trust:   ${report.trust.sentence}`,
  ...(report.ai ? [`  AI:      ${report.ai.sentence}`] : []),
  ...(report.receipt ? [`  Receipt: ${report.receipt.sentence}`] : []),
  ...(report.ingredients.length > 0 ? ['  Made of:', ...lineage(report.ingredients, 2)] : []),
  ...(report.plugins.length > 0 ? ['  Plugins:'] : []),
  ...report.plugins.map(
    ({ name, version, vendor, format, id, state }) =>
      `    ${[name, version].filter(Boolean).join(' ')}${vendor === '' ? '' : ` by ${vendor}`} (${format} ${id}), settings ${state.slice(0, 23)}…`,
  ),
  ...report.findings.map(({ severity, code, message }) => `  ${severity}: ${message} (${code})`),
]

export const verifyCommand: Run<{ readonly files: readonly string[] }> = async (context, { files }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const outcomes: unknown[] = []
  const lines: string[] = []
  let isGood = true
  for (const file of files) {
    context.progress.show(`Reading ${file}`, outcomes.length / files.length)
    const report = await studio.value.verify(resolve(file))
    if (report.ok) {
      isGood &&= report.value.verdict === 'good'
      outcomes.push({ file: resolve(file), ...report.value })
      lines.push(...verifyLines(report.value))
    } else {
      isGood = false
      outcomes.push({ file: resolve(file), problem: report.error })
      lines.push(`${report.error.message} (${report.error.code})`)
    }
  }
  const json = { ok: isGood, files: outcomes }
  return isGood ? done(json, lines) : finding(json, lines)
}
