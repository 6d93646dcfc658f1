// Measures every style on the demo works of a home (made by `stemma demo` or pulled) and writes the table in docs/styles.md between its marks.
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { STYLES } from '../../src-engine/styles/index.ts'
import { createNodeProcessHost, defaultHomeDir, fileSecretBox, openStudio } from '../../src-main/studio/index.ts'
import type { RemixSnapshot } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { listenTo, measureStyle, type StyleSound } from './style-sound.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    write: { type: 'boolean', default: false },
    style: { type: 'string', multiple: true },
    work: { type: 'string', multiple: true },
  },
})

const START = '<!-- measured -->'
const END = '<!-- /measured -->'

/** A row; beside what a person looks for first stands how far it moved from the original. */
const row = (name: string, sound: StyleSound, before?: StyleSound): string => {
  const { lufs, centroidHz, lowDb, highDb, onsetsPerSecond, bpm, seconds, tailSeconds, clips } = sound
  const signed = (value: number, digits: number): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`
  const moved = (text: string): string => (before ? ` (${text})` : '')
  const cells = [
    name,
    lufs === null ? 'silent' : `${lufs.toFixed(1)}${moved(signed(lufs - (before?.lufs ?? lufs), 1))}`,
    `${centroidHz}${moved(`${signed((centroidHz / (before?.centroidHz ?? centroidHz) - 1) * 100, 0)} %`)}`,
    lowDb.toFixed(1),
    highDb.toFixed(1),
    `${onsetsPerSecond.toFixed(2)}${moved(signed(onsetsPerSecond - (before?.onsetsPerSecond ?? 0), 2))}`,
    bpm,
    seconds.toFixed(1),
    tailSeconds.toFixed(1),
    clips,
  ]
  return `| ${cells.join(' | ')} |`
}

const studio = unwrap(
  await openStudio({
    homeDir: resolve(values.home ?? defaultHomeDir()),
    serviceUrl: null,
    host: createNodeProcessHost(),
    secrets: fileSecretBox,
  }),
)
const lines: string[] = []
try {
  const works = studio.library.works().filter((work) => !values.work || values.work.includes(work.title))
  for (const work of works) {
    const made = studio.works.newRemix(work)
    if (!made.ok) continue
    const snapshot: RemixSnapshot = made.value
    const before = unwrap(await listenTo(studio, snapshot))
    lines.push(
      `### ${work.title}`,
      '',
      '| | LUFS | centroid Hz | low dB | high dB | attacks/s | BPM | s | tail s | clips |',
      '|---|---|---|---|---|---|---|---|---|---|',
      row('original', before),
    )
    const unfit: string[] = []
    for (const style of STYLES.filter(
      (one) => one.group !== 'words' && one.group !== 'own' && (!values.style || values.style.includes(one.id)),
    )) {
      const other = style.needs.includes('reference') ? studio.library.works().find((one) => one.id !== work.id) : undefined
      const measured = await measureStyle(studio, snapshot, { style: style.id, seed: 1, ...(other ? { inputs: [other.id] } : {}) })
      if (measured.ok) lines.push(row(other ? `${style.id} (${other.title})` : style.id, measured.value.sound, before))
      else unfit.push(`${style.id}: ${measured.error.message}`)
      process.stderr.write(`${work.title} ${style.id} ${measured.ok ? measured.value.run.summary : measured.error.message}\n`)
    }
    lines.push('', ...unfit.map((one) => `- ${one}`), '')
  }
} finally {
  await studio.close()
}
process.stdout.write(`${lines.join('\n')}\n`)
if (values.write) {
  const path = join(import.meta.dirname, '../../docs/styles.md')
  const text = await readFile(path, 'utf8')
  const [head] = text.split(START)
  const [, tail = ''] = text.split(END)
  await writeFile(path, `${head}${START}\n\n${lines.join('\n')}\n${END}${tail}`)
}
