// The rehearsal: real commands over a real service, for as long as it takes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['tests/rigs/build-kernels.ts'],
    include: ['tests/rehearsal/**/*.rehearsal.ts'],
    fileParallelism: false,
    maxWorkers: 1,
  },
})
