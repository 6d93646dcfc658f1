// `stemma freeze` and `unfreeze`: a track's sound before its fader, kept and saved with the remix, so that it is heard where its plugins are missing.
import { resolve } from 'node:path'
import { tracksOf, type Track } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import type { OpenRemix } from '../../studio/index.ts'
import type { Run } from '../command.ts'
import { done, type Report, refused } from '../output.ts'
import { withRemix } from './remix.ts'

interface FreezeOptions {
  readonly file: string
  readonly track: string
}

/** A track by id or by name, with or without the @ that edits write before it. */
const findTrack = (remix: OpenRemix, reference: string): Result<Track> => {
  const tracks = tracksOf(remix.session.snapshot)
  const byId = tracks.find((track) => track.id === reference)
  if (byId) return ok(byId)
  const wanted = reference.replace(/^@/, '').toLowerCase()
  const [found, another] = tracks.filter((track) => track.name.toLowerCase() === wanted)
  if (!found)
    return fail('edit.no_such_track', `There is no track “${reference}”; there are ${tracks.map((track) => track.name).join(', ')}.`)
  return another ? fail('edit.ambiguous', `There is more than one track “${reference}”; name it by its id.`) : ok(found)
}

const save = async (remix: OpenRemix, file: string, track: Track, words: string): Promise<Report> => {
  const saved = await remix.save(resolve(file))
  if (!saved.ok) return refused(saved.error)
  const frozen = tracksOf(remix.session.snapshot).find(({ id }) => id === track.id)?.frozen ?? null
  return done({ ok: true, file: resolve(file), track: { id: track.id, name: track.name, frozen }, warnings: remix.warnings }, [
    words,
    ...remix.warnings.map((warning) => warning.message),
  ])
}

export const freezeCommand: Run<FreezeOptions> = async (context, { file, track: reference }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  studio.value.warmUp()
  return withRemix(studio.value, file, async (remix) => {
    const track = findTrack(remix, reference)
    if (!track.ok) return refused(track.error)
    const commands = await studio.value.freeze(remix.session, track.value.id, {
      signal: context.signal,
      onProgress: ({ fraction }) => context.progress.show(`Freezing ${track.value.name}`, fraction),
    })
    if (!commands.ok) return refused(commands.error)
    const edited = remix.edit(commands.value, `Freeze ${track.value.name}`)
    return edited.ok
      ? save(remix, file, track.value, `${track.value.name} is frozen; its sound is saved beside the remix.`)
      : refused(edited.error)
  })
}

export const unfreezeCommand: Run<FreezeOptions> = async (context, { file, track: reference }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  return withRemix(studio.value, file, async (remix) => {
    const track = findTrack(remix, reference)
    if (!track.ok) return refused(track.error)
    const edited = remix.edit([{ op: 'track.unfreeze', trackId: track.value.id }])
    return edited.ok ? save(remix, file, track.value, `${track.value.name} makes its sound as it plays again.`) : refused(edited.error)
  })
}
