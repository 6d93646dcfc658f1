// Which part of the house may import which. Pure: it looks at texts it is given, so that a test can show it refuse.
import { posix } from 'node:path'

/** One area of the house: where it lies, which areas it may import, which outside packages it may name. */
type Area = {
  readonly folder: string
  readonly below: readonly string[]
  readonly allowsPackage: (name: string) => boolean
  /** Single files of other areas it may enter by; each has its reason in docs/decisions. */
  readonly doors?: readonly string[]
}

/** A broken rule, with the file that breaks it and what it reached for. */
export type Finding = { readonly code: string; readonly file: string; readonly message: string }

const isNode = (name: string): boolean => name.startsWith('node:')
const isElectron = (name: string): boolean => name === 'electron' || name.startsWith('electron/')

const pure = (name: string): boolean => ['zod', 'canonicalize'].includes(name)
const withoutElectron = (name: string): boolean => !isElectron(name)
const anything = (): boolean => true
const browserOnly = (name: string): boolean => !isNode(name) && !isElectron(name)

const floor1 = ['src-shared/std', 'src-shared/time', 'src-shared/music', 'src-shared/plugins']
const shared = [
  ...floor1,
  'src-shared/remix',
  'src-shared/rights',
  'src-shared/receipts',
  'src-shared/approvals',
  'src-shared/provenance',
  'src-shared/protocol',
]

const sharedBelow = (folder: string): readonly string[] => shared.slice(0, shared.indexOf(folder))

/** The house, bottom up. Where two areas share a floor, the order here says which may look at which. */
const areas: readonly Area[] = [
  { folder: 'src-shared/std', below: [], allowsPackage: pure },
  { folder: 'src-shared/time', below: ['src-shared/std'], allowsPackage: pure },
  { folder: 'src-shared/music', below: ['src-shared/std'], allowsPackage: pure },
  { folder: 'src-shared/plugins', below: ['src-shared/std'], allowsPackage: pure },
  { folder: 'src-shared/remix', below: floor1, allowsPackage: pure },
  { folder: 'src-shared/rights', below: floor1, allowsPackage: pure },
  { folder: 'src-shared/receipts', below: floor1, allowsPackage: pure },
  // docs/decisions/approvals-floor.md
  { folder: 'src-shared/approvals', below: floor1, allowsPackage: pure },
  { folder: 'src-shared/provenance', below: sharedBelow('src-shared/provenance'), allowsPackage: pure },
  { folder: 'src-shared/protocol', below: sharedBelow('src-shared/protocol'), allowsPackage: pure },
  { folder: 'src-engine', below: shared, allowsPackage: withoutElectron },
  { folder: 'src-service', below: shared, allowsPackage: withoutElectron },
  {
    folder: 'src-main/studio',
    below: [...shared, 'src-engine'],
    allowsPackage: withoutElectron,
    // Who imports a pack and who makes one must read it alike: docs/decisions/pack-reader.md.
    doors: ['src-service/pack/index.ts'],
  },
  { folder: 'src-main/cli', below: [...shared, 'src-engine', 'src-service', 'src-main/studio'], allowsPackage: withoutElectron },
  { folder: 'src-main/shell', below: [...shared, 'src-engine', 'src-service', 'src-main/studio'], allowsPackage: anything },
  { folder: 'src-preload', below: ['src-shared/std', 'src-shared/protocol'], allowsPackage: isElectron },
  { folder: 'src-renderer', below: shared, allowsPackage: browserOnly },
]

const isCode = (path: string): boolean => /\.(ts|tsx|mts|cts|js|mjs|cjs|jsx)$/.test(path)
/** Tests, and the fixtures that only tests import. */
const isTest = (path: string): boolean => /\.(test|fixture)\.tsx?$/.test(path)

const areaOf = (path: string): Area | undefined => areas.find(({ folder }) => path.startsWith(`${folder}/`))

/** Blanks out comments; strings are stepped over, since `//` in a URL opens none. */
const withoutComments = (source: string): string =>
  source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_match, text?: string) => text ?? ' ',
  )

/** Every module name that a source names: static, type-only, re-exported, dynamic, or required. */
export const importsOf = (source: string): readonly string[] => {
  const code = withoutComments(source)
  const patterns = [
    /(?:^|[;}\n])\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]/g,
    /\b(?:import|require)\s*\(\s*['"`]([^'"`\n]+)['"`]/g,
  ]
  return [...new Set(patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? '')))]
}

/** Whether `target`'s folder is entered from outside by something else than its index. */
const isSideEntrance = (from: string, target: string): boolean => {
  const fromFolder = posix.dirname(from)
  const targetFolder = posix.dirname(target)
  const isInside = fromFolder === targetFolder || fromFolder.startsWith(`${targetFolder}/`)
  return !isInside && /\.tsx?$/.test(target) && !/\/index\.tsx?$/.test(target)
}

const checkImport = (from: string, area: Area, name: string, exists: (path: string) => boolean): readonly Finding[] => {
  if (!name.startsWith('.')) {
    return area.allowsPackage(name)
      ? []
      : [{ code: 'floor.package', file: from, message: `${from} imports the package ${name}, which ${area.folder} must not know` }]
  }
  const target = posix.join(posix.dirname(from), name.replace(/\?.*$/, ''))
  if (!exists(target)) return [{ code: 'floor.unresolved', file: from, message: `${from} imports ${name}, and there is no file ${target}` }]
  const targetArea = areaOf(target)
  if (targetArea === undefined) {
    return target === 'package.json'
      ? []
      : [{ code: 'floor.outside', file: from, message: `${from} imports ${target}, which lies outside the house` }]
  }
  if (targetArea !== area && !area.below.includes(targetArea.folder) && !area.doors?.includes(target)) {
    return [{ code: 'floor.above', file: from, message: `${from} imports ${target}: ${area.folder} must not know ${targetArea.folder}` }]
  }
  if (isSideEntrance(from, target)) {
    return [{ code: 'floor.side_entrance', file: from, message: `${from} imports ${target}: enter that folder through its index.ts` }]
  }
  return []
}

/**
 * Checks every source of the house. `sources` maps repository paths (`src-…/…`, forward slashes) to texts; files without
 * imports of ours, such as styles and fonts, may be in it as targets. Tests may combine any parts, yet must lie in an area.
 */
export const checkFloors = (sources: ReadonlyMap<string, string>): readonly Finding[] =>
  [...sources].flatMap(([file, source]) => {
    const area = areaOf(file)
    if (area === undefined) {
      return isCode(file) ? [{ code: 'floor.unknown', file, message: `${file} lies in no known part of the house` }] : []
    }
    if (!isCode(file) || isTest(file)) return []
    return importsOf(source).flatMap((name) => checkImport(file, area, name, (path) => sources.has(path) || path === 'package.json'))
  })
