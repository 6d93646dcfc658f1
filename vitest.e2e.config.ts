// End-to-end tests: the built app in a real Electron, one at a time.
import { defineConfig } from 'vitest/config'
import { electronEnv } from './scripts/parts/electron.mjs'

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.e2e.ts'],
    env: electronEnv(),
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
