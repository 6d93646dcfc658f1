// The whole job on the real song: 19 AAC stems of 249.8 s, from the m4a files to a stamped WAV with its receipt. The peer only decodes and mixes.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { potassiumDir, potassiumStems, scratchDir } from '../material.ts'
import { compare, type Outcome, skip } from '../compare.ts'
import { type Command, isInstalled, measure } from '../measure.ts'

const cli = join(import.meta.dirname, '../../out/main/cli.js')

const ROLES: readonly (readonly [RegExp, string])[] = [
  [/vox/, 'vocals'],
  [/bass/, 'bass'],
  [/keys|mallet/, 'keys'],
  [/synth/, 'synth'],
  [/effect|build|sweep/, 'effects'],
]

/** The pack's folder as a label would author it. */
const authorFolder = (source: string): string => {
  const dir = join(scratchDir(), 'potassium')
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir)
  const files = potassiumStems(source)
  for (const file of files) copyFileSync(file, join(dir, basename(file)))
  writeFileSync(
    join(dir, 'work.json'),
    JSON.stringify({
      title: 'Potassium',
      artists: ['Software-Entwicklungskit'],
      tempo: 90,
      key: 'C major',
      meter: '4/4',
      stems: files.map((file) => {
        const title = basename(file, '.m4a')
        return { file: basename(file), title, role: ROLES.find(([pattern]) => pattern.test(title))?.[1] ?? 'drums' }
      }),
      grant: {
        licensor: [{ name: 'Software-Entwicklungskit', sharePermille: 1000 }],
        validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2036-01-01T00:00:00.000Z' },
      },
    }),
  )
  return dir
}

const serve = async (node: string, catalogue: string): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const child = spawn(node, [cli, 'serve', '--data', join(scratchDir(), 'service'), '--catalogue', catalogue], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString()
      const found = /https?:\/\/\S+/.exec(text)
      if (found) resolve(found[0])
    })
    child.on('exit', () => reject(new Error('the rights service did not start')))
  })
  return { url, stop: () => child.kill() }
}

/** ffmpeg reading the same files and writing their plain sum: no licence, no checks, no signature, no receipt. */
const ffmpegSum = (files: readonly string[]): Command => ({
  file: 'ffmpeg',
  args: [
    ...['-v', 'error', '-nostdin', '-y'],
    ...files.flatMap((file) => ['-i', file]),
    ...['-filter_complex', `amix=inputs=${files.length}:normalize=0`, '-c:a', 'pcm_s24le', join(scratchDir(), 'peer.wav')],
  ],
})

export const potassiumCases = async ({ rounds, node }: { readonly rounds: number; readonly node: string }): Promise<readonly Outcome[]> => {
  const source = potassiumDir()
  const peerName = 'ffmpeg decoding and mixing'
  if (!source) return [skip('potassium', peerName, 'the song is not there; STEMMA_MATERIAL names its folder')]
  const home = join(scratchDir(), 'home')
  const packs = join(scratchDir(), 'packs')
  for (const dir of [home, join(scratchDir(), 'service'), packs]) rmSync(dir, { recursive: true, force: true })
  mkdirSync(packs)
  const run = (...args: readonly string[]) => measure({ file: node, args: [cli, ...args, '--home', home] }, { withMemory: false })
  await run('pack', authorFolder(source), '-o', join(packs, 'potassium.stemmapack'))
  const service = await serve(node, packs)
  try {
    const remix = join(scratchDir(), 'potassium.stemma')
    const out = join(scratchDir(), 'potassium.wav')
    rmSync(remix, { force: true })
    await run('pull', 'Potassium', '--service', service.url)
    await run('new', 'Potassium', '-o', remix)
    const ours: Command = { file: node, args: [cli, 'render', remix, '-o', out, '--format', 'wav24', '--threads', '2', '--home', home] }
    const peer = isInstalled('ffmpeg')
      ? { name: peerName, command: ffmpegSum(potassiumStems(source)) }
      : { name: peerName, skipped: 'ffmpeg is not installed' }
    const forgetExport = (): void => rmSync(out, { force: true })
    const first = await compare({
      name: 'potassium-first-export',
      rounds,
      ours,
      before: () => {
        forgetExport()
        rmSync(join(home, 'pcm'), { recursive: true, force: true })
      },
      peer,
      atMost: 1,
      notes: '19 m4a stems to a stamped 24-bit WAV with receipt, nothing decoded before; the whole command',
    })
    const second = await compare({
      name: 'potassium-second-export',
      rounds,
      ours,
      before: forgetExport,
      peer,
      atMost: 1 / 3,
      notes: 'the same command again, stems decoded before',
    })
    return [first, second]
  } finally {
    service.stop()
  }
}
