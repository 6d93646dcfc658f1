// A style of one's own through the desk that the window talks to and through the command line: saved, opened again, run. Only the system's dialogs answer by themselves.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { recipesOf } from '../../src-engine/styles/index.ts'
import { RemixDesk } from '../../src-main/shell/remix-desk.ts'
import { type StyleHandlers, styleHandlers } from '../../src-main/shell/styles-desk.ts'
import { applyStyle, OpenRemix } from '../../src-main/studio/index.ts'
import { styleRequestSchemas } from '../../src-shared/protocol/index.ts'
import { clipsOf, devicesOf, recordsOf, type RemixSnapshot, tracksOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { runCli, stemmaIn } from '../rigs/cli-rig.ts'
import { remixOfWork, startStudioRig, type StudioRig } from '../rigs/studio-rig.ts'

const answers = vi.hoisted(() => ({ path: '' }))
vi.mock('electron', () => ({
  dialog: {
    showSaveDialog: async () => ({ canceled: false, filePath: answers.path }),
    showOpenDialog: async () => ({ canceled: false, filePaths: [answers.path] }),
  },
}))

const STEMS = [
  { title: 'Lead', role: 'vocals', hz: 440 },
  { title: 'Piano', role: 'keys', hz: 261.63, isStruck: true },
  { title: 'Bass', role: 'bass', hz: 110 },
]

let rig: StudioRig
const at = (name: string): string => join(rig.dir, name)

beforeAll(async () => {
  // The two channels of a stereo tone cancel each other out, and a model listens to their sum.
  rig = await startStudioRig([{ title: 'Open', stems: STEMS, channels: 1 }])
  unwrap(await rig.pull('Open'))
}, 60_000)
afterAll(() => rig.close())

/** A remix of the work on disk, with styles run on it; `plain` is the same one without them. */
const remixAt = async (path: string, orders: Parameters<typeof applyStyle>[2][] = [], plain?: string): Promise<RemixSnapshot> => {
  const remix = unwrap(await OpenRemix.create(rig.studio.remixTools, await remixOfWork(rig.studio, 'Open')))
  if (plain !== undefined) unwrap(await remix.save(plain))
  for (const order of orders) unwrap(await applyStyle(rig.studio.factTools(remix.session.snapshot), remix.session, order))
  unwrap(await remix.save(path))
  const { snapshot } = remix.session
  await remix.close()
  return snapshot
}

/** What is heard, without ids and names of what it was made by. */
const heard = (snapshot: RemixSnapshot) =>
  tracksOf(snapshot).map((track) => ({
    track: [track.name, track.gainDb, track.pan],
    clips: clipsOf(snapshot, track.id).map(({ startTick, lengthTicks, gainDb, warp, soundId }) => ({
      startTick,
      lengthTicks,
      gainDb,
      warp,
      soundId,
    })),
    devices: devicesOf(snapshot, track.id).map(({ kind, params }) => ({ kind, params })),
  }))

const PIANO = { style: 'revoice', params: { part: 'keys', instrument: 'bell' }, seed: 12 }

describe('the window’s styles (styles.save, styles.open)', { timeout: 120_000 }, () => {
  const onDesk = async <T>(path: string, work: (desk: StyleHandlers, remixes: RemixDesk, uid: string) => Promise<T>): Promise<T> => {
    const window = undefined as never
    const remixes = new RemixDesk({ studio: rig.studio, window })
    unwrap(await remixes.openPath(path))
    const desk = styleHandlers(async () => ({ ok: true, value: { studio: rig.studio, remixes } }), {
      window,
      send: () => {},
      offered: undefined as never,
    })
    try {
      return await work(desk, remixes, remixes.open?.session.uid ?? '')
    } finally {
      await remixes.open?.close()
    }
  }

  it('saves what was run, opens it, applies it with the notes it needs, and saves it again', async () => {
    const wish = Array.from({ length: 60 }, () => 'a bit darker').join(', ')
    const by = await remixAt(at('made.stemma'), [PIANO, { style: 'words', params: { text: wish }, seed: 3 }], at('plain.stemma'))
    answers.path = at('mine.json')
    await onDesk(at('made.stemma'), async (desk, _, uid) => {
      const saved = await desk['styles.save'](styleRequestSchemas['styles.save'].parse({ uid, name: 'Mine', orders: null }))
      expect(saved).toEqual({ ok: true, value: { fileName: 'mine.json' } })
    })
    await onDesk(at('plain.stemma'), async (desk, remixes, uid) => {
      const opened = unwrap(await desk['styles.open']({ token: null }))
      if (!opened) throw new Error('nothing was opened')
      expect(opened.name).toBe('Mine')
      const { order } = styleRequestSchemas['styles.apply'].parse({ uid, order: opened.order })
      const { report } = unwrap(await desk['styles.apply']({ uid, order }))
      expect(report.leftOut).toEqual([])
      const after = remixes.open?.session.snapshot
      if (!after) throw new Error('the remix was closed')
      expect(recordsOf(after, 'sound')).toHaveLength(1)
      expect(heard(after)).toEqual(heard(by))
      expect(recipesOf(after).map(({ style }) => style)).toEqual(['own'])

      answers.path = at('again.json')
      unwrap(await desk['styles.save'](styleRequestSchemas['styles.save'].parse({ uid, name: 'Mine', orders: [order] })))
      expect(readFileSync(at('again.json'), 'utf8')).toBe(readFileSync(at('mine.json'), 'utf8'))
      const nothingToMatch = { uid, name: 'Mine', orders: [{ style: 'match', params: {}, seed: 1 }] }
      expect(await desk['styles.save'](nothingToMatch)).toMatchObject({ ok: false, error: { code: 'style.own_needs_reference' } })
    })
  })
})

describe('stemma style save', { timeout: 120_000 }, () => {
  it('keeps the styles of a remix as a file that gives another remix the same', async () => {
    const stemma = stemmaIn(rig.homeDir)
    const by = await remixAt(at('a.stemma'), [{ style: 'radio', params: { density: 80 }, seed: 7 }, PIANO], at('b.stemma'))
    const saved = await stemma.json(['style', 'save', at('a.stemma'), '-o', at('night.json'), '--name', 'Night'])
    expect(saved).toMatchObject({ ok: true, style: { format: 'stemma-style', v: 1, name: 'Night' } })
    const run = await stemma.json(['style', at('b.stemma'), at('night.json')])
    expect(run).toMatchObject({ ok: true, leftOut: [], recipe: { style: 'own', seed: 1 } })
    const styled = unwrap(await rig.studio.openRemix(at('b.stemma')))
    expect(heard(styled.session.snapshot)).toEqual(heard(by))
    await styled.close()

    await remixAt(at('c.stemma'))
    const none = await runCli(['style', 'save', at('c.stemma'), '-o', at('none.json'), '--home', rig.homeDir])
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('No style was run on this remix yet')
    writeFileSync(at('old.json'), JSON.stringify({ format: 'stemma-style', v: 1, name: 'Old', steps: [{ style: 'radio' }] }))
    expect(await stemma.json(['style', at('c.stemma'), at('old.json')])).toMatchObject({ ok: true })
  })
})
