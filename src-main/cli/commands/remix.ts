// `stemma new`, `show` and `edit`: the same remix files and the same edits as in the window.
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import {
  clipsOf,
  decodeEditCommands,
  type Device,
  deviceLabel,
  devicesOf,
  remixOf,
  recordsOf,
  tracksOf,
} from '../../../src-shared/remix/index.ts'
import { fail, type Result } from '../../../src-shared/std/index.ts'
import { barPositionAt } from '../../../src-shared/time/index.ts'
import { completeEdits, fileFailure, OpenRemix, type OpenRemix as Remix, type Studio } from '../../studio/index.ts'
import { existsSync } from 'node:fs'
import type { Run } from '../command.ts'
import { done, formatDuration, type Report, refused, table } from '../output.ts'

/** Opens a remix for one command and closes it again; what the command changed and saved stays. */
export const withRemix = async (studio: Studio, file: string, work: (remix: Remix) => Promise<Report>): Promise<Report> => {
  const path = resolve(file)
  const opened = await studio.openRemix(path)
  if (!opened.ok) return refused(opened.error)
  try {
    return await work(opened.value)
  } finally {
    await opened.value.close()
    studio.library.noteRecent({ uid: opened.value.session.uid, title: opened.value.session.title, path })
  }
}

const position = (remix: Remix, tick: number): string => {
  const { bar, beat, ticks } = barPositionAt(remixOf(remix.session.snapshot).meter, tick as Parameters<typeof barPositionAt>[1])
  return `${bar}.${beat}.${ticks}`
}

const summary = (remix: Remix, studio: Studio) => {
  const { snapshot } = remix.session
  const document = remixOf(snapshot)
  const status = remix.session.status(studio.works.missingStems(snapshot))
  return {
    uid: document.uid,
    title: document.title,
    milliBpm: document.tempo[0]?.milliBpm ?? null,
    meter: document.meter[0] ? `${document.meter[0].numerator}/${document.meter[0].denominator}` : null,
    key: document.key,
    lengthMs: Math.round(status.lengthFrames / 48),
    works: recordsOf(snapshot, 'work').map(({ id, title, artists }) => ({ id, title, artists })),
    tracks: tracksOf(snapshot).map((track) => ({
      ...track,
      clips: clipsOf(snapshot, track.id).map((clip) => ({
        ...clip,
        start: position(remix, clip.startTick),
        end: position(remix, clip.startTick + clip.lengthTicks),
      })),
      // A state can be megabytes that nobody reads.
      devices: devicesOf(snapshot, track.id).map(({ state, ...device }) => ({
        ...device,
        ...(state === undefined ? {} : { stateLength: state.length }),
      })),
    })),
    repairs: remix.repairs,
    warnings: remix.warnings,
    isReadOnly: remix.session.isReadOnly,
    status,
  }
}

/** `Calf Compressor (lv2, AI, off)`. */
const deviceWords = (device: Pick<Device, 'kind' | 'plugin' | 'isEnabled'>): string => {
  const { plugin } = device
  const facts = [plugin?.format ?? '', plugin?.isGenerative ? 'AI' : '', device.isEnabled ? '' : 'off'].filter((word) => word !== '')
  return facts.length === 0 ? deviceLabel(device) : `${deviceLabel(device)} (${facts.join(', ')})`
}

export const newCommand: Run<{ readonly work: string; readonly out: string }> = async (context, { work: reference, out }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const path = resolve(out)
  if (existsSync(path))
    return refused({ code: 'file.exists', message: `${out} is there already. Choose another name, or delete it first.` })
  const work = await studio.value.works.find(reference)
  if (!work.ok) return refused(work.error)
  const snapshot = studio.value.works.newRemix(work.value)
  if (!snapshot.ok) return refused(snapshot.error)
  const remix = await OpenRemix.create(studio.value.remixTools, snapshot.value)
  if (!remix.ok) return refused(remix.error)
  const saved = await remix.value.save(path)
  await remix.value.close({ isDiscarded: !saved.ok })
  if (!saved.ok) return refused(saved.error)
  studio.value.library.noteRecent({ uid: remix.value.session.uid, title: remix.value.session.title, path })
  const facts = summary(remix.value, studio.value)
  return done({ ok: true, file: path, ...facts }, [
    `${facts.title}: ${facts.tracks.length - 1} tracks, ${formatDuration(facts.lengthMs)}`,
    path,
  ])
}

export const showCommand: Run<{ readonly file: string }> = async (context, { file }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return withRemix(studio.value, file, async (remix) => {
    const facts = summary(remix, studio.value)
    const { status } = facts
    return done({ ok: true, file: resolve(file), ...facts }, [
      `${facts.title}, ${(facts.milliBpm ?? 0) / 1000} BPM, ${facts.meter}, ${facts.key ?? 'no key'}, ${formatDuration(facts.lengthMs)}`,
      ...table(
        facts.tracks.map((track) => [
          track.name,
          track.kind === 'audio' ? track.role : track.kind,
          `${track.gainDb.toFixed(1)} dB`,
          [track.isMuted ? 'muted' : track.isSoloed ? 'solo' : '', track.frozen ? 'frozen' : ''].filter((word) => word !== '').join(', '),
          track.clips.map((clip) => `${clip.start}–${clip.end}`).join(' '),
          track.devices.map(deviceWords).join(', '),
        ]),
      ),
      ...facts.repairs,
      ...remix.warnings.map((warning) => warning.message),
      ...status.meters.map((meter) => `${meter.label}: ${meter.text}`),
      ...status.notices.map((notice) => notice.message),
      `AI: ${status.says.ai.containsAI}; ${status.says.ingredients.length} stems; ${status.says.scope}`,
    ])
  })
}

/** More than 20,000 edits of any kind need. */
const MAX_EDITS_BYTES = 32 * 1024 * 1024

const readEdits = async (path: string): Promise<Result<unknown>> => {
  const name = basename(path)
  try {
    const found = await stat(path)
    // A pipe or a device would never end.
    if (!found.isFile()) return fail('edits.not_a_file', `${name} is not a file that can be opened.`)
    if (found.size > MAX_EDITS_BYTES)
      return fail('edits.too_large', `${name} is larger than ${MAX_EDITS_BYTES >> 20} MB. Split it, or take out what is no edit.`)
    return { ok: true, value: JSON.parse(await readFile(path, 'utf8')) as unknown }
  } catch (error) {
    return error instanceof SyntaxError
      ? fail('edits.not_json', `${name} is not JSON: ${error.message.slice(0, 300)}.`)
      : fileFailure(error, path)
  }
}

export const editCommand: Run<{ readonly file: string; readonly edits: string }> = async (context, { file, edits }) => {
  const text = await readEdits(resolve(edits))
  if (!text.ok) return refused(text.error)
  const commands = decodeEditCommands(text.value)
  if (!commands.ok) return refused(commands.error)
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return withRemix(studio.value, file, async (remix) => {
    const edited = remix.edit(completeEdits(commands.value, studio.value.plugins.lookUp))
    if (!edited.ok) return refused(edited.error)
    const saved = await remix.save(resolve(file))
    if (!saved.ok) return refused(saved.error)
    const { added, updated, removed } = edited.value.diff
    return done(
      {
        ok: true,
        file: resolve(file),
        edits: commands.value.length,
        added: added.length,
        updated: updated.length,
        removed: removed.length,
        ...summary(remix, studio.value),
      },
      [
        `${commands.value.length} edits: ${added.length} added, ${updated.length} changed, ${removed.length} removed.`,
        ...edited.value.status.notices.map((notice) => notice.message),
        ...remix.warnings.map((warning) => warning.message),
      ],
    )
  })
}
