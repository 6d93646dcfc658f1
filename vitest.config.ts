// Unit and integration tests: everything but the end-to-end tests, which need the built app and a display.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['tests/rigs/build-kernels.ts'],
    include: ['src-*/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'],
    // All cores: the default leaves one idle, which is half of a small machine.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
