// docs/plugins.md from the result of a sweep. Pure, so that the same result gives the same page.

/**
 * @typedef {{ format: string, id: string, name: string, vendor: string, path: string, isFine: boolean, failures: string[], notes: string[], known: string | null,
 *   trial: null | { cpuPermille: number, latency: { reported: number, measured: number | null, likeness: number }, state: { bytes: number | null },
 *     notFinite: { whileSwept: number } } }} TriedPlugin
 * @typedef {{ plugins: TriedPlugin[], unread: { format: string, name: string, reason: string }[], files?: number, scanSeconds?: number, trySeconds?: number }} Sweep
 */

const FORMATS = ['lv2', 'clap', 'vst3']

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')

/** @param {readonly string[]} head @param {readonly (readonly (string | number)[])[]} rows */
const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `| ${head.map((_, i) => (i > 0 && rows.every((row) => typeof row[i] === 'number' || /^[\d.]+ %$/.test(String(row[i]))) ? '---:' : '---')).join(' | ')} |`,
  ...rows.map((row) => `| ${row.map((one) => cell(String(one))).join(' | ')} |`),
  '',
]

/** @param {number} part @param {number} whole */
const rate = (part, whole) => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`)

/** @param {readonly TriedPlugin[]} plugins */
const fineOf = (plugins) => plugins.filter((one) => one.isFine).length

/** @param {readonly TriedPlugin[]} plugins @param {(one: TriedPlugin) => string} keyOf @returns {[string, TriedPlugin[]][]} */
const groupBy = (plugins, keyOf) => {
  /** @type {Map<string, TriedPlugin[]>} */
  const groups = new Map()
  for (const one of plugins) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1))
}

const INTRODUCTION = `# Plugins

Stemma hosts LV2 (through liblilv), CLAP and VST3. A plugin never runs in the process of the window, nor in that of the engine: children do, and the worst of
them costs a child.

## How they are found

Every binary (CLAP) or bundle (LV2, VST3) is read once in a child of its own, two at a time, and again only when its files change. A child has 20 seconds, for an LV2
bundle 60: the largest describes 134 plugins, and none of their code runs. "Reading X" is on disk before the child starts and the result after. A file that crashed, hung or failed is held back until it is rescanned; one that was being
read when Stemma itself ended is read once more, alone, and held back if that happens again.

| System | LV2 | CLAP | VST3 |
| --- | --- | --- | --- |
| Linux | \`~/.lv2\`, \`/usr/local/lib/lv2\`, \`/usr/lib/lv2\` and their \`lib64\`; or \`LV2_PATH\` instead | \`CLAP_PATH\`, \`~/.clap\`, \`/usr/local/lib/clap\`, \`/usr/lib/clap\` and their \`lib64\` | \`VST3_PATH\`, \`~/.vst3\`, \`/usr/local/lib/vst3\`, \`/usr/lib/vst3\` and their \`lib64\` |
| macOS (written, untried) | \`~/Library/Audio/Plug-Ins/LV2\`, \`/Library/Audio/Plug-Ins/LV2\`, \`~/.lv2\`, \`/usr/local/lib/lv2\`, \`/usr/lib/lv2\` | \`~/Library/Audio/Plug-Ins/CLAP\`, \`/Library/Audio/Plug-Ins/CLAP\` | \`~/Library/Audio/Plug-Ins/VST3\`, \`/Library/Audio/Plug-Ins/VST3\`, \`/Network/Library/Audio/Plug-Ins/VST3\` |
| Windows (written, untried) | \`%APPDATA%\\LV2\`, \`%COMMONPROGRAMFILES%\\LV2\` | \`%LOCALAPPDATA%\\Programs\\Common\\CLAP\`, \`%COMMONPROGRAMFILES%\\CLAP\` | \`%LOCALAPPDATA%\\Programs\\Common\\VST3\`, \`%COMMONPROGRAMFILES%\\VST3\` |

Own folders (\`stemma plugins scan --path DIR\`, or in the window) come before all of these. Where a plugin is installed twice, the one found first counts, and
\`stemma plugins info\` names the others.

\`\`\`
stemma plugins scan [--force] [--path DIR] [--forget DIR]
stemma plugins list [WORDS] [--format lv2|clap|vst3] [--category …] [--vendor …] [--favourites] [--failed]
stemma plugins info PLUGIN
stemma plugins test PLUGIN…  |  --all
\`\`\`

Every child that loads plugins runs with \`QT_QPA_PLATFORM=offscreen\`, since synthesisers made with Qt end their process where there is no display. Three plugins of
swh-lv2 also get \`LD_PRELOAD=libfftw3f.so.3\`, because Debian builds them without linking the library they call.

## Plugins that count as AI

A plugin whose sound comes from a trained model counts as AI in the manifest and the receipt, and needs a licence that allows it. These are known: AIDA-X and RT
Neural (LV2, CLAP, VST3), Neural Amp Modeler, RAVE, Neutone, and the DDSP plugins. Any other can be marked so, and a mark that is wrong taken off, in the list of
plugins.

## How they are tried

\`stemma plugins test\` runs a plugin in a child of its own for a few seconds: loads it; plays noise at -12 dBFS (and a chord, where it takes notes) through it
with every parameter at its default; moves every parameter through its range, to both ends and at random; saves its state and restores it into a second
instance, where every value has to come back exactly; and compares its reported latency with the delay it has. It can be relied on where it neither crashes nor
hangs, gives only finite samples at its defaults, and comes back from its state. What is odd but safe in use is a note.
`

/**
 * @param {Sweep} sweep
 * @param {{ packageOf: (path: string) => string, system: string }} facts
 */
export const pluginsPage = (sweep, { packageOf, system }) => {
  const { plugins, unread } = sweep
  const bad = plugins.filter((one) => !one.isFine)
  const delayed = plugins.filter((one) => one.trial && one.trial.latency.reported > 0)
  const exact = delayed.filter((one) => one.trial?.latency.measured === one.trial?.latency.reported)
  const times =
    sweep.scanSeconds === undefined
      ? ''
      : ` Reading ${sweep.files} files took ${Math.round(sweep.scanSeconds)} s, trying ${plugins.length} plugins ${Math.round(sweep.trySeconds ?? 0)} s, two at a time.`
  return [
    INTRODUCTION,
    '## Results',
    '',
    `Written by \`npm run plugins:sweep\` on ${system}.${times}`,
    '',
    ...table(
      ['Format', 'Plugins', 'Can be relied on', 'Rate'],
      FORMATS.map((format) => {
        const ofFormat = plugins.filter((one) => one.format === format)
        return [format.toUpperCase(), ofFormat.length, fineOf(ofFormat), rate(fineOf(ofFormat), ofFormat.length)]
      }),
    ),
    '### By package',
    '',
    ...table(
      ['Package', 'Format', 'Plugins', 'Can be relied on', 'Rate'],
      groupBy(plugins, (one) => `${packageOf(one.path)} ${FORMATS.indexOf(one.format)}`).map(([key, group]) => [
        key.split(' ')[0] ?? '',
        group[0]?.format.toUpperCase() ?? '',
        group.length,
        fineOf(group),
        rate(fineOf(group), group.length),
      ]),
    ),
    '### What fails, and why',
    '',
    ...(bad.length + unread.length === 0
      ? ['Nothing.', '']
      : table(
          ['Plugin', 'Format', 'Package', 'What happens', 'Cause'],
          [
            ...bad.map((one) => [
              one.name,
              one.format.toUpperCase(),
              packageOf(one.path),
              one.failures.join('; '),
              one.known ?? 'not known yet',
            ]),
            ...unread.map((one) => [one.name, one.format.toUpperCase(), '', `it was not read: ${one.reason}`, '']),
          ],
        )),
    '### Latency',
    '',
    `${delayed.length} plugins report latency; for ${exact.length} of them the delay measured with noise is exactly that. The others change what they delay (pitch, phase, crossovers), give`,
    'something else than their input, or report another delay than they have; what they report is what is compensated.',
    '',
    ...table(
      ['Plugin', 'Format', 'Reported', 'Measured', 'Likeness'],
      delayed.map((one) => [
        one.name,
        one.format.toUpperCase(),
        one.trial?.latency.reported ?? 0,
        one.trial?.latency.measured ?? 'cannot be told',
        (one.trial?.latency.likeness ?? 0).toFixed(3),
      ]),
    ),
    '### Notes',
    '',
    ...plugins
      .filter((one) => one.isFine && one.notes.length > 0)
      .map((one) => `- ${one.name} (${one.format.toUpperCase()}): ${one.notes.join('; ')}.`),
    '',
  ].join('\n')
}
