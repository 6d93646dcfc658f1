// What a command prints. With `--json` exactly one JSON document goes to standard output and nothing else; without it, plain lines.
// Progress goes to standard error, and only to a person.
import type { Problem, Result } from '../../src-shared/std/index.ts'

/** 0 done · 1 a refusal or a finding · 2 wrong usage. */
export type ExitCode = 0 | 1 | 2

export interface Report {
  readonly exitCode: ExitCode
  /** The JSON document. */
  readonly json: unknown
  /** The same for people, one string per line; `plain` is applied when they are printed. */
  readonly lines: readonly string[]
}

export const done = (json: unknown, lines: readonly string[]): Report => ({ exitCode: 0, json, lines })

export const finding = (json: unknown, lines: readonly string[]): Report => ({ exitCode: 1, json, lines })

export const refused = (problem: Problem): Report => ({
  exitCode: 1,
  json: { ok: false, problem },
  lines: [`${problem.message} (${problem.code})`],
})

/** A refusal where the result failed, else whatever `report` makes of the value. */
export const reportOf = <T>(result: Result<T>, report: (value: T) => Report): Report =>
  result.ok ? report(result.value) : refused(result.error)

/**
 * A line as a terminal may show it. Titles and names come from files and services: a control character in one could clear the screen, rename the window
 * or type commands, and a line break could add a verdict of its own; so each is shown as what it is.
 */
export const plain = (line: string): string =>
  line.replace(/\p{Cc}|[\u2028-\u202e\u2066-\u2069]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

export class Progress {
  readonly #isShown: boolean
  #last = ''
  constructor(isShown: boolean) {
    this.#isShown = isShown && process.stderr.isTTY === true
  }

  /** Shows `label` and a percentage, replacing the line before. */
  show(label: string, fraction: number): void {
    if (!this.#isShown) return
    const line = plain(`${String(Math.round(fraction * 100)).padStart(3)} %  ${label}`)
    if (line === this.#last) return
    this.#last = line
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`)
  }

  clear(): void {
    if (this.#isShown && this.#last) process.stderr.write('\r\u001b[K')
    this.#last = ''
  }
}

const text = (cell: string | number): string => plain(String(cell))

/** Lines of a table, columns padded to the widest cell; numbers to the right. */
export const table = (rows: readonly (readonly (string | number)[])[]): string[] => {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, text(cell).length)
    })
  return rows.map((row) =>
    row
      .map((cell, i) => (typeof cell === 'number' ? text(cell).padStart(widths[i] ?? 0) : text(cell).padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

export const formatDuration = (milliseconds: number): string => {
  const minutes = Math.floor(milliseconds / 60_000)
  return `${minutes}:${((milliseconds % 60_000) / 1000).toFixed(1).padStart(4, '0')}`
}
