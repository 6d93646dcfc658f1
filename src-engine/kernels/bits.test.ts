// The same sound to the bit wherever it is rendered: the hash is the same in this process's Node and in Electron 33 run as Node.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KERNELS_WASM } from '../../scripts/build-kernels.mjs'

const ELECTRON = join(import.meta.dirname, '../../.cache/electron-33.2.1/electron')

const hashBy = (binary: string): string => {
  const script = join(import.meta.dirname, 'testing/hash-sound.mjs')
  const { stdout, stderr } = spawnSync(binary, [script, KERNELS_WASM], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  expect(stdout, stderr).toMatch(/^[0-9a-f]{64}\n$/)
  return stdout
}

describe('bits', () => {
  it('repeat', () => {
    expect(hashBy(process.execPath)).toBe(hashBy(process.execPath))
  })
})

describe.skipIf(!existsSync(ELECTRON))('bits in Electron 33', () => {
  it('are those of Node', () => {
    expect(hashBy(ELECTRON)).toBe(hashBy(process.execPath))
  })
})
