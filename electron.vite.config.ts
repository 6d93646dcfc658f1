// Builds the app: one flat folder per process kind, so that a child's entry is always a sibling of its caller.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'
import { MODEL_FILES } from './src-engine/ai/model-files.ts'

// The oldest Electron that has to run the bundle decides the syntax: the same files serve 33 and 45.
process.env.ELECTRON_MAJOR_VER = '33'

const inRoot = (path: string): string => resolve(import.meta.dirname, path)

/** Entries of the main side; each is a process or a thread of its own and becomes `out/main/<name>.js`. */
const entries = {
  index: 'src-main/shell/main.ts',
  cli: 'src-main/cli/main.ts',
  engine: 'src-engine/engine.ts',
  'engine-worker': 'src-engine/render/engine-worker.ts',
  'measure-worker': 'src-engine/render/measure-worker.ts',
  'preview-worker': 'src-engine/previews/preview-worker.ts',
  'analysis-worker': 'src-engine/analysis/requests/analysis-worker.ts',
  'decode-worker': 'src-engine/files/decode-worker.ts',
  'derive-worker': 'src-engine/derive/derive-worker.ts',
  'encode-worker': 'src-engine/files/encode-worker.ts',
  'ai-worker': 'src-engine/ai/ai-worker.ts',
  'model-worker': 'src-engine/ai/model-worker.ts',
  'plugin-scanner': 'src-engine/plugins/scan/scanner.ts',
  'make-worker': 'src-main/studio/variations/make-worker.ts',
  'demo-worker': 'src-main/studio/demo/catalogue/demo-worker.ts',
  signer: 'src-main/studio/stamp/signer.ts',
  service: 'src-service/main.ts',
  'plugin-host': 'src-engine/plugins/host/main.ts',
}

/** Plain JavaScript that every process loads: in one file with what is used of it, a start takes half the time. */
const bundled = ['zod', 'commander', 'canonicalize', 'cbor2', 'p-queue', 'yauzl', 'yazl']

const existing = Object.fromEntries(
  Object.entries(entries)
    .map(([name, path]) => [name, inRoot(path)] as const)
    .filter(([, path]) => existsSync(path)),
)

/** The DSP kernels are one WebAssembly file that every thread reads from beside its own bundle. */
const copyKernels = (): Plugin => ({
  name: 'copy-kernels',
  writeBundle: () => {
    const kernels = inRoot('src-engine/kernels/kernels.wasm')
    if (existsSync(kernels)) copyFileSync(kernels, inRoot('out/main/kernels.wasm'))
  },
})

/** Trained models and what runs them, from their packages into one folder: the packages themselves need not be shipped. */
const copyModels = (): Plugin => ({
  name: 'copy-models',
  writeBundle: () => {
    mkdirSync(inRoot('out/main/models'), { recursive: true })
    for (const [name, path] of Object.entries(MODEL_FILES)) copyFileSync(inRoot(`node_modules/${path}`), inRoot(`out/main/models/${name}`))
    copyFileSync(inRoot('src-engine/ai/NOTICES.txt'), inRoot('out/main/models/NOTICES.txt'))
    copyFileSync(inRoot('node_modules/@spotify/basic-pitch/LICENSE'), inRoot('out/main/models/APACHE-2.0.txt'))
  },
})

export default defineConfig({
  main: {
    build: {
      outDir: inRoot('out/main'),
      externalizeDeps: { exclude: bundled },
      sourcemap: true,
      rolldownOptions: {
        input: existing,
        // The shared floor is pure: a thread that needs a constant of it must not start with all its schemas.
        treeshake: { moduleSideEffects: (id, isExternal) => isExternal || !id.includes('/src-shared/') },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js', assetFileNames: '[name][extname]' },
      },
    },
    plugins: [copyKernels(), copyModels()],
  },
  preload: {
    build: {
      outDir: inRoot('out/preload'),
      // A sandboxed preload is one self-contained CommonJS file that can require nothing but `electron`.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: inRoot('src-preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: inRoot('src-renderer'),
    build: {
      outDir: inRoot('out/renderer'),
      rolldownOptions: { input: inRoot('src-renderer/index.html') },
    },
    plugins: [react()],
  },
})
