// A frozen track on another machine: its sound goes with the remix, is checked before it is believed, and is told of for what it is.
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScanStore } from '../../src-main/studio/plugins/scan-store.ts'
import { OpenRemix, type Studio } from '../../src-main/studio/index.ts'
import type { EngineEvents } from '../../src-shared/protocol/index.ts'
import { recordsOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { stemmaIn } from '../rigs/cli-rig.ts'
import { buildFixtures, clapId, NO_FIXTURES } from '../rigs/fixture-plugins.ts'
import { openStudioAt, orderOf, remixOfWork, type StudioRig, startStudioRig } from '../rigs/studio-rig.ts'

const fixtures = await buildFixtures()
if (!fixtures) process.stderr.write(`${NO_FIXTURES}\n`)

describe.skipIf(!fixtures)('a frozen track', { timeout: 120_000 }, () => {
  let rig: StudioRig
  /** A second machine with the same stems and no plugins. */
  let other: Studio
  let remixPath: string
  let frozenFolder: string
  let sha256: string
  let hash: string

  const exported = async (studio: Studio, path: string, name: string) => {
    const remix = unwrap(await studio.openRemix(path))
    try {
      const done = await studio.export(orderOf(remix.session.snapshot, { [join(rig.out, name)]: 'wav16' }))
      return { done, warnings: remix.warnings }
    } finally {
      await remix.close()
    }
  }
  /** The newest receipt, as text. */
  const receiptOf = (studio: Studio): string => JSON.stringify(unwrap(studio.ledger.show(studio.ledger.list({ limit: 1 })[0]!.id)).receipt)
  /** The remix with its folder as a mail would bring it, under a name of its own so that nothing is in the cache for another reason. */
  const mailed = (name: string): { readonly path: string; readonly sound: string } => {
    const path = join(rig.dir, 'mail', `${name}.stemma`)
    mkdirSync(join(rig.dir, 'mail'), { recursive: true })
    copyFileSync(remixPath, path)
    cpSync(frozenFolder, join(rig.dir, 'mail', `${name}.frozen`), { recursive: true })
    return { path, sound: join(rig.dir, 'mail', `${name}.frozen`, `${sha256}.pcm`) }
  }
  const forgetGiven = (): void => rmSync(join(other.home.pcmCache, 'frozen'), { recursive: true, force: true })

  beforeAll(async () => {
    rig = await startStudioRig([{ title: 'River' }])
    unwrap(await rig.pull('River'))
    unwrap(await rig.studio.plugins.scan({ paths: [fixtures!.clap('sounds')] }))
    other = unwrap(await openStudioAt(join(rig.dir, 'other'), rig.service.url))
    unwrap(await other.works.pull(unwrap(await other.works.find('River'))))
    // All folders were looked through, and there was nothing.
    const empty = new ScanStore(other.home.plugins, () => {})
    empty.noteScanned(new Date().toISOString())
    await empty.flush()
    const snapshot = await remixOfWork(rig.studio, 'River', [
      {
        op: 'plugin.add',
        id: 'device:gain',
        trackId: '@Lead',
        plugin: {
          format: 'clap',
          id: clapId('gain'),
          name: 'Gain',
          vendor: 'Stemma',
          version: '1.0.0',
          isInstrument: false,
          isGenerative: false,
        },
        params: { 1: -6 },
      },
    ])
    remixPath = join(rig.dir, 'River.stemma')
    frozenFolder = join(rig.dir, 'River.frozen')
    const remix = unwrap(await OpenRemix.create(rig.studio.remixTools, snapshot))
    unwrap(await remix.save(remixPath))
    await remix.close()
    hash = unwrap((await exported(rig.studio, remixPath, 'live.wav')).done).pcmSha256
  }, 120_000)
  afterAll(async () => {
    await other?.close()
    await rig?.close()
  })

  it('is frozen and saved by the command line, with its sound beside the remix, and sounds as before', async () => {
    const stemma = stemmaIn(rig.homeDir)
    const done = await stemma.json(['freeze', remixPath, 'lead'])
    sha256 = done.track.frozen.sha256
    expect(done.warnings).toEqual([])
    expect(readdirSync(frozenFolder)).toEqual([`${sha256}.pcm`])
    expect(await stemma.json(['freeze', remixPath, 'nobody'], 1)).toMatchObject({ problem: { code: 'edit.no_such_track' } })
    // Frozen anew it is the same sound.
    expect((await stemma.json(['freeze', remixPath, 'Lead'])).track.frozen.sha256).toBe(sha256)
    await rig.reopen()
    const { done: again } = await exported(rig.studio, remixPath, 'frozen.wav')
    expect(unwrap(again).pcmSha256).toBe(hash)
    expect(receiptOf(rig.studio)).not.toContain('frozen elsewhere')
  })

  it('exports the same on a machine without the plugin, and the receipt says that it came frozen', async () => {
    const { path } = mailed('Whole')
    const { done, warnings } = await exported(other, path, 'elsewhere.wav')
    expect(warnings).toEqual([])
    expect(unwrap(done).pcmSha256).toBe(hash)
    expect(receiptOf(other)).toMatch(/Gain 1\.0\.0 by Stemma \[clap stemma\.fixture\.gain sha256:[0-9a-f]{64} frozen elsewhere\]/)
    // Saved on, it travels on.
    const remix = unwrap(await other.openRemix(path))
    unwrap(await remix.save(join(rig.dir, 'mail', 'On.stemma')))
    expect(readdirSync(join(rig.dir, 'mail', 'On.frozen'))).toEqual([`${sha256}.pcm`])
    await remix.close()
  })

  it('plays where its plugin is missing as it plays where it was frozen, and tells how', async () => {
    const { path } = mailed('Played')
    /** How a machine plays the start of it: the level of each block of the frozen track, and what is told of it. */
    const played = async (studio: Studio) => {
      const remix = unwrap(await studio.openRemix(path))
      const client = unwrap(await studio.engine.client())
      const warnings: string[] = []
      let frozen: EngineEvents['plugins.frozen']['tracks'] = {}
      client.on('playback.warning', ({ code }) => warnings.push(code))
      client.on('plugins.frozen', ({ tracks }) => {
        frozen = tracks
      })
      const plan = unwrap(remix.session.plan)
      const locate = studio.works.stemLocator(remix.session.snapshot)
      const stems = plan.sources.flatMap(({ stemId }) => locate(stemId) ?? [])
      unwrap(
        await client.request('sources.prepare', {
          stems: stems.map(({ path: file, contentSha256, name }) => ({ path: file, contentSha256, name })),
        }),
      )
      unwrap(await client.request('plan.load', { plan }))
      const lead = plan.tracks.find(({ name }) => name === 'Lead')!.id
      const levels = new Map<number, number>()
      client.on('meters', ({ frame, tracks }) => levels.set(frame, tracks.find(({ trackId }) => trackId === lead)?.rmsLeft ?? -1))
      unwrap(await client.request('transport.play', { fromFrame: 0 }))
      await expect.poll(() => levels.size, { timeout: 20_000 }).toBeGreaterThan(40)
      unwrap(await client.request('transport.stop', {}))
      const { devices } = unwrap(await client.request('plugins.statuses', {}))
      await remix.close()
      return { levels, frozen: frozen[lead], warnings, devices }
    }
    const here = await played(rig.studio)
    const there = await played(other)
    expect(here).toMatchObject({ frozen: 'kept', warnings: [], devices: [] })
    expect(there).toMatchObject({ frozen: 'elsewhere', warnings: [], devices: [] })
    const both = [...there.levels].filter(([frame]) => here.levels.has(frame))
    expect(both.length).toBeGreaterThan(20)
    expect(both.some(([, level]) => level > 0.001)).toBe(true)
    expect(both.filter(([frame, level]) => level !== here.levels.get(frame))).toEqual([])
    // Without its sound it plays without the plugin, louder, and says so.
    forgetGiven()
    rmSync(join(rig.dir, 'mail', 'Played.frozen'), { recursive: true })
    const bare = await played(other)
    expect(bare).toMatchObject({ frozen: 'lost' })
    expect(bare.warnings).toContain('playback.frozen_lost')
    const heard = [...bare.levels].filter(([frame, level]) => level > 0.001 && (here.levels.get(frame) ?? 0) > 0.001)
    expect(heard.length).toBeGreaterThan(5)
    for (const [frame, level] of heard) expect(20 * Math.log10(level / here.levels.get(frame)!)).toBeCloseTo(6, 1)
  })

  it('is left where it lies while this machine holds no licence for its stems, and taken once it does', async () => {
    const { path, sound } = mailed('Unlicensed')
    const poor = unwrap(await openStudioAt(join(rig.dir, 'poor'), rig.service.url))
    try {
      const before = unwrap(await poor.openRemix(path))
      expect(before.warnings).toMatchObject([{ code: 'frozen.not_licensed' }])
      expect(before.warnings[0]!.message).toContain('"Lead"')
      const given = join(poor.home.pcmCache, 'frozen', 'given')
      expect(existsSync(given) ? readdirSync(given) : []).toEqual([])
      expect(existsSync(sound)).toBe(true)
      await before.close()
      unwrap(await poor.works.pull(unwrap(await poor.works.find('River'))))
      const after = unwrap(await poor.openRemix(path))
      expect(after.warnings).toEqual([])
      expect(readdirSync(given).filter((name) => name.startsWith(sha256))).not.toEqual([])
      await after.close()
    } finally {
      await poor.close()
    }
  })

  it('is refused when the sound was changed, and the export names plugin and track', async () => {
    forgetGiven()
    const { path, sound } = mailed('Changed')
    const bytes = readFileSync(sound)
    bytes[5_000]! ^= 1
    writeFileSync(sound, bytes)
    const { done, warnings } = await exported(other, path, 'never.wav')
    expect(warnings).toMatchObject([{ code: 'frozen.not_the_sound' }])
    expect(warnings[0]!.message).toContain('"Lead"')
    expect(done).toMatchObject({ ok: false, error: { code: 'export.plugin_missing' } })
    expect(!done.ok && done.error.message).toMatch(/"Gain" on "Lead"/)
    expect(existsSync(join(rig.out, 'never.wav'))).toBe(false)
    expect(readFileSync(sound).equals(bytes), 'what was given is never changed').toBe(true)
  })

  it('is refused when it is another sound under its name', async () => {
    forgetGiven()
    const { path, sound } = mailed('Swapped')
    // Another whole sound of the same program: a decoded stem.
    const stem = readdirSync(other.home.pcmCache).find((name) => name.endsWith('.pcm'))!
    copyFileSync(join(other.home.pcmCache, stem), sound)
    expect((await exported(other, path, 'never.wav')).warnings).toMatchObject([{ code: 'frozen.not_the_sound' }])
    rmSync(sound)
    expect((await exported(other, path, 'never.wav')).done).toMatchObject({ ok: false, error: { code: 'export.plugin_missing' } })
  })

  it('is rendered anew where the plugin is there: nobody passes other sound as its work', async () => {
    const { path, sound } = mailed('Claimed')
    // A sound of another track, whole and well named, in place of the real one.
    const remix = unwrap(await rig.studio.openRemix(path))
    const kick = recordsOf(remix.session.snapshot, 'track').find(({ name }) => name === 'Kick')!
    const [freeze] = unwrap(await rig.studio.freeze(remix.session, kick.id))
    const lead = recordsOf(remix.session.snapshot, 'track').find(({ name }) => name === 'Lead')!
    await remix.close()
    if (freeze?.op !== 'track.freeze') throw new Error('it was not frozen')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(lead.frozen!.key, freeze.key).replaceAll(sha256, freeze.sha256!))
    renameSync(sound, sound.replace(sha256, freeze.sha256!))
    const { done } = await exported(rig.studio, path, 'claimed.wav')
    expect(unwrap(done).pcmSha256).toBe(hash)
  })

  it('goes from the folder when it is unfrozen and no backup plays it, and nothing else does', async () => {
    const remix = unwrap(await rig.studio.openRemix(remixPath))
    writeFileSync(join(frozenFolder, 'mine.txt'), 'kept')
    unwrap(remix.edit([{ op: 'track.unfreeze', trackId: '@Lead' }]))
    for (let gain = 0; gain < 7; gain++) {
      unwrap(remix.edit([{ op: 'track.set', trackId: '@Kick', gainDb: -gain - 1 }]))
      unwrap(await remix.save(remixPath))
      if (gain === 0) expect(readdirSync(frozenFolder).toSorted()).toEqual([`${sha256}.pcm`, 'mine.txt'].toSorted())
    }
    expect(readdirSync(frozenFolder)).toEqual(['mine.txt'])
    // A folder that cannot be written costs a sentence, not the save.
    rmSync(frozenFolder, { recursive: true })
    writeFileSync(frozenFolder, 'in the way')
    unwrap(
      remix.edit(
        unwrap(await rig.studio.freeze(remix.session, recordsOf(remix.session.snapshot, 'track').find(({ name }) => name === 'Lead')!.id)),
      ),
    )
    unwrap(await remix.save(remixPath))
    expect(remix.warnings).toMatchObject([{ code: 'frozen.not_kept' }])
    await remix.close()
  })
})
