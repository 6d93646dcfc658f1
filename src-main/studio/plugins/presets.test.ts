import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unwrap } from '../../../src-shared/std/index.ts'
import { PresetShelf } from './presets.ts'

const plugin = { format: 'clap', id: 'org.example.gain', name: 'Gain', vendor: 'Example', version: '1.0' } as const
const state = Buffer.from('what it stored').toString('base64')

describe('own presets', () => {
  let dir: string
  let shelf: PresetShelf
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-presets-'))
    shelf = new PresetShelf(join(dir, 'presets'), () => 0)
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('keeps state and values, by name, for the plugin they belong to', async () => {
    await shelf.save({ name: 'Loud', plugin, params: { gain: 6 }, state })
    await shelf.save({ name: 'Dry', plugin, params: {}, state: null })
    const saved = unwrap(await shelf.save({ name: ' Loud\n', plugin, params: { gain: 12 }, state }))
    expect((await shelf.list(plugin)).map(({ name, params }) => [name, params.gain])).toEqual([
      ['Dry', undefined],
      ['Loud', 12],
    ])
    expect(await shelf.list({ format: 'lv2', id: plugin.id })).toEqual([])
    expect(unwrap(await shelf.find(saved.id)).stateSha256).toMatch(/^[0-9a-f]{64}$/)
    unwrap(await shelf.remove(saved.id))
    expect((await shelf.find(saved.id)).ok).toBe(false)
  })

  it('goes to another machine and back the same', async () => {
    const saved = unwrap(await shelf.save({ name: 'Loud', plugin, params: { gain: 6.1 }, state }))
    const file = join(dir, 'loud.json')
    unwrap(await shelf.exportTo(saved.id, file))
    const other = new PresetShelf(join(dir, 'other'), () => 0)
    const { id: _, ...taken } = unwrap(await other.importFrom(file))
    const { id: __, ...kept } = saved
    expect(taken).toEqual(kept)
  })

  it('refuses what was changed, what is none, and ids that are paths', async () => {
    const saved = unwrap(await shelf.save({ name: 'Loud', plugin, params: { gain: 6 }, state }))
    const file = join(dir, 'loud.json')
    unwrap(await shelf.exportTo(saved.id, file))
    const text = readFileSync(file, 'utf8')
    for (const damaged of [
      text.replace('"gain": 6', '"gain": 60'),
      text.replace(state, `A${state.slice(1)}`),
      '{}',
      '[',
      '\0'.repeat(64),
    ]) {
      writeFileSync(file, damaged)
      expect(await shelf.importFrom(file)).toMatchObject({ ok: false, error: { code: 'preset.damaged' } })
    }
    expect(await shelf.importFrom(dir)).toMatchObject({ ok: false, error: { code: 'file.is_folder' } })
    expect(await shelf.importFrom(join(dir, 'gone.json'))).toMatchObject({ ok: false, error: { code: 'file.missing' } })
    expect((await shelf.find('../loud')).ok).toBe(false)
    expect((await shelf.remove('../../loud')).ok).toBe(false)
    expect(await shelf.save({ name: '\u0007', plugin, params: {}, state: null })).toMatchObject({
      ok: false,
      error: { code: 'preset.bad_name' },
    })
    writeFileSync(join(dir, 'presets', `${saved.id}.json`), '{')
    expect(await shelf.list(plugin)).toEqual([])
  })
})
