// The one export that can run: asked for, under way, done.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { ExportOptions, ExportProgress, ExportRequest, ExportResult } from '../../src-shared/protocol/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { announce } from '../parts/index.ts'
import { request } from './bridge.ts'
import { toastDone } from './notices.ts'
import { openSheet, viewStore } from './view-store.ts'

export type ExportPhase =
  | { readonly phase: 'form' }
  | { readonly phase: 'running'; readonly job: string; readonly progress: ExportProgress | null; readonly isCancelling: boolean }
  | { readonly phase: 'done'; readonly job: string; readonly result: ExportResult }
  | { readonly phase: 'failed'; readonly problem: Problem; readonly isCancelled: boolean }

export interface ExportState {
  readonly options: ExportOptions | null
  readonly problem: Problem | null
  readonly phase: ExportPhase
}

export const exportStore = createStore<ExportState>(() => ({ options: null, problem: null, phase: { phase: 'form' } }))

export const useExport = <T>(select: (state: ExportState) => T): T => useStore(exportStore, select)

/** Reads what can be exported now; called when the sheet opens. */
export const loadExportOptions = async (uid: string): Promise<void> => {
  const reply = await request('export.options', { uid })
  exportStore.setState(reply.ok ? { options: reply.value, problem: null } : { options: null, problem: reply.error })
}

/** Back to the form, unless an export runs. */
export const resetExport = (): void => {
  if (exportStore.getState().phase.phase !== 'running') exportStore.setState({ phase: { phase: 'form' } })
}

/** Starts an export; nothing happens where the user closed the folder dialog. */
export const startExport = async (asked: ExportRequest): Promise<void> => {
  const reply = await request('export.start', asked)
  if (!reply.ok) return exportStore.setState({ phase: { phase: 'failed', problem: reply.error, isCancelled: false } })
  if (reply.value === null) return
  const early = finished.get(reply.value.job)
  exportStore.setState({ phase: early ?? { phase: 'running', job: reply.value.job, progress: null, isCancelling: false } })
}

export const cancelExport = async (): Promise<void> => {
  const { phase } = exportStore.getState()
  if (phase.phase !== 'running') return
  exportStore.setState({ phase: { ...phase, isCancelling: true } })
  await request('export.cancel', { job: phase.job })
}

const finished = new Map<string, ExportPhase>()

export const startExports = (): void => {
  window.stemma.on('export.progress', (progress) => {
    const { phase } = exportStore.getState()
    if (phase.phase === 'running' && phase.job === progress.job) exportStore.setState({ phase: { ...phase, progress } })
  })
  window.stemma.on('export.done', ({ job, result }) => {
    const { phase } = exportStore.getState()
    const isCancelled = !result.ok && (/cancel/.test(result.error.code) || (phase.phase === 'running' && phase.isCancelling))
    const next: ExportPhase = result.ok
      ? { phase: 'done', job, result: result.value }
      : { phase: 'failed', problem: result.error, isCancelled }
    finished.set(job, next)
    if (phase.phase !== 'running' || phase.job !== job) return
    exportStore.setState({ phase: next })
    announce(result.ok ? 'Export finished' : isCancelled ? 'Export cancelled' : `Export failed. ${result.error.message}`)
    if (viewStore.getState().sheet !== 'export' && result.ok) {
      toastDone('Export finished', result.value.files[0]?.fileName, { label: 'Show', run: () => openSheet('export') })
    }
  })
}
