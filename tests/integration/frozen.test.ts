// A frozen track on another machine: its sound goes with the remix, is checked before it is believed, and is told of for what it is.
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScanStore } from '../../src-main/studio/plugins/scan-store.ts'
import { OpenRemix, type Studio } from '../../src-main/studio/index.ts'
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
