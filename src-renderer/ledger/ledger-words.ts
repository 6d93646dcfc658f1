// Receipt states in words, shapes and colours.
import type { LedgerRow, ReceiptState, SyncState } from '../../src-shared/protocol/index.ts'
import { formatMoment, type Tone } from '../parts/index.ts'

/** How a receipt stands. */
export const STATE_WORDS: Readonly<Record<ReceiptState, { readonly tone: Tone; readonly word: string; readonly help: string }>> = {
  intent: { tone: 'pending', word: 'begun', help: 'An export is under way; the line is completed or voided with it.' },
  local: { tone: 'neutral', word: 'local', help: 'Written and signed on this machine.' },
  queued: { tone: 'pending', word: 'queued', help: 'Waits to be sent to the rights service.' },
  synced: { tone: 'good', word: 'synced with proof', help: 'In the service’s log; the proof was checked here and is kept.' },
  void: { tone: 'limited', word: 'void', help: 'Stands for an export that did not happen, or was withdrawn.' },
  refused: { tone: 'bad', word: 'refused', help: 'The service did not take it; the reason is beside it.' },
}

/** What a line is about. */
export const TYPE_WORDS: Readonly<Record<LedgerRow['type'], string>> = {
  export: 'Export',
  'ai-render': 'AI render',
  preview: 'Preview',
  void: 'Void',
}

/** The state of sync in a sentence. */
export const syncSentence = (sync: SyncState): string => {
  if (sync.message !== null) return sync.message
  if (sync.state === 'syncing') return 'Sending…'
  if (sync.state === 'offline') return 'The service cannot be reached. Receipts wait here and are sent when it is back.'
  if (sync.state === 'waiting')
    return sync.nextAttemptAt === null ? 'Waiting to try again.' : `Next try ${formatMoment(sync.nextAttemptAt)}.`
  if (sync.state === 'evidence') return 'The service contradicted itself. What it said is kept as evidence.'
  return sync.queued === 0 ? 'Everything is with the service.' : 'Waiting to be sent.'
}

/** Tone of sync. */
export const syncTone = (sync: SyncState): Tone =>
  sync.state === 'evidence'
    ? 'bad'
    : sync.state === 'offline' || sync.state === 'waiting'
      ? 'limited'
      : sync.queued > 0
        ? 'pending'
        : 'good'

/** `audio/wav` as `WAV`. */
export const formatWord = (format: string | null): string =>
  ({ 'audio/wav': 'WAV', 'audio/flac': 'FLAC', 'audio/mpeg': 'MP3', 'audio/mp4': 'M4A' })[format ?? ''] ?? format ?? '–'
