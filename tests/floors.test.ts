// The walls of the house: that the sources keep them, and that the checker would notice if they did not.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFloors, importsOf } from './floors/floors.ts'

const root = resolve(import.meta.dirname, '..')

const walk = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  )

/** AssemblyScript is another language in the same suffix, with imports of its own. */
const isAssembly = (path: string): boolean => path.startsWith('src-engine/kernels/assembly/')

const houseSources = (): ReadonlyMap<string, string> => {
  const folders = readdirSync(root).filter((name) => name.startsWith('src-'))
  const paths = folders.flatMap(walk).filter((path) => !isAssembly(path))
  return new Map(paths.map((path) => [path, /\.[cm]?[jt]sx?$/.test(path) ? readFileSync(join(root, path), 'utf8') : '']))
}

const codesFor = (files: Readonly<Record<string, string>>): readonly string[] =>
  checkFloors(new Map(Object.entries(files))).map(({ code }) => code)

describe('the house', () => {
  it('keeps every floor', () => {
    const sources = houseSources()
    expect(sources.size).toBeGreaterThan(0)
    expect(checkFloors(sources).map(({ message }) => message)).toEqual([])
  })
})

describe('the checker', () => {
  it('finds every way to name a module', () => {
    const source = `
      import { a } from './a.ts'
      import type { B } from "./b.ts"
      import './c.css'
      export * from './d.ts'
      export {
        e,
      } from './e.ts'
      const f = await import('./f.ts')
      const g = require('./g.cjs')
      // import { no } from './comment.ts'
      /* import './block.ts' */
      const url = 'https://example.com' // import './tail.ts'
    `
    expect([...importsOf(source)].sort()).toEqual(['./a.ts', './b.ts', './c.css', './d.ts', './e.ts', './f.ts', './g.cjs'])
  })

  it('names the offending pair when a floor looks up', () => {
    const findings = checkFloors(
      new Map([
        ['src-shared/std/index.ts', "import { x } from '../protocol/index.ts'"],
        ['src-shared/protocol/index.ts', ''],
      ]),
    )
    expect(findings).toEqual([
      {
        code: 'floor.above',
        file: 'src-shared/std/index.ts',
        message: 'src-shared/std/index.ts imports src-shared/protocol/index.ts: src-shared/std must not know src-shared/protocol',
      },
    ])
  })

  it.each([
    ['src-shared/remix', 'src-shared/rights'],
    ['src-shared/rights', 'src-shared/receipts'],
    ['src-shared/receipts', 'src-shared/remix'],
    ['src-shared/approvals', 'src-shared/rights'],
    ['src-service', 'src-engine'],
    ['src-service', 'src-main/studio'],
    ['src-main/studio', 'src-service'],
    ['src-main/studio', 'src-main/shell'],
    ['src-main/cli', 'src-main/shell'],
    ['src-engine', 'src-main/studio'],
    ['src-renderer', 'src-engine'],
    ['src-preload', 'src-shared/remix'],
  ])('keeps %s from knowing %s', (from, to) => {
    const up = '../'.repeat(from.split('/').length)
    expect(codesFor({ [`${from}/a.ts`]: `import '${up}${to}/index.ts'`, [`${to}/index.ts`]: '' })).toEqual(['floor.above'])
  })

  it.each([
    ['src-shared/std', 'node:fs'],
    ['src-shared/remix', 'electron'],
    ['src-shared/receipts', 'fastify'],
    ['src-engine', 'electron'],
    ['src-main/studio', 'electron'],
    ['src-main/cli', 'electron'],
    ['src-service', 'electron'],
    ['src-renderer', 'node:path'],
    ['src-renderer', 'electron'],
    ['src-preload', 'node:path'],
  ])('keeps %s from the package %s', (from, name) => {
    expect(codesFor({ [`${from}/a.ts`]: `import type { X } from '${name}'` })).toEqual(['floor.package'])
  })

  it('lets what is allowed pass', () => {
    expect(
      codesFor({
        'src-shared/std/index.ts': "export * from './result.ts'",
        'src-shared/std/result.ts': '',
        'src-shared/protocol/index.ts': "import { z } from 'zod'\nimport { ok } from '../std/index.ts'",
        'src-engine/render/index.ts': "import '../../src-shared/protocol/index.ts'\nimport 'node:fs'",
        'src-engine/render/blocks/mix.ts': "import { x } from '../plan.ts'",
        'src-engine/render/plan.ts': '',
        'src-renderer/main.tsx': "import './theme/theme.css'\nimport 'react'",
        'src-renderer/theme/theme.css': '',
      }),
    ).toEqual([])
  })

  it('refuses side entrances, missing files and files outside the house', () => {
    expect(codesFor({ 'src-engine/a/x.ts': "import '../b/y.ts'", 'src-engine/b/y.ts': '' })).toEqual(['floor.side_entrance'])
    expect(codesFor({ 'src-engine/engine.ts': "import './b/y.ts'", 'src-engine/b/y.ts': '' })).toEqual(['floor.side_entrance'])
    expect(codesFor({ 'src-engine/a/x.ts': "import './gone.ts'" })).toEqual(['floor.unresolved'])
    expect(codesFor({ 'src-engine/a/x.ts': "import '../../scripts/x.ts'", 'scripts/x.ts': '' })).toEqual(['floor.outside', 'floor.unknown'])
    expect(codesFor({ 'src-shared/extras/x.ts': '' })).toEqual(['floor.unknown'])
    expect(codesFor({ 'src-other/x.ts': '' })).toEqual(['floor.unknown'])
    expect(codesFor({ 'src-main/x.ts': '' })).toEqual(['floor.unknown'])
  })
})
