// Freezing a track of an open remix: the engine renders it, the edit notes it. One path for the window and the command line.
import type { EngineClient, EngineProgress, StemFile } from '../../src-shared/protocol/index.ts'
import { type EditCommand, recordOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { RemixSession } from './session/index.ts'

export interface FreezeTools {
  readonly engine: () => Promise<Result<EngineClient>>
  readonly stemFile: (stemId: string) => StemFile | undefined
}

/**
 * Renders a track before its fader. Returns the edits that make it play so; a track that is frozen already is frozen anew, as when its sound is gone.
 * Codes: `freeze.*`, `export.plugin_*`, `plan.*`, `engine.*`.
 */
export const freezeTrack = async (
  { engine, stemFile }: FreezeTools,
  session: Pick<RemixSession, 'plan' | 'snapshot' | 'isReadOnly'>,
  trackId: string,
  hooks: { readonly signal?: AbortSignal; readonly onProgress?: (progress: EngineProgress) => void } = {},
): Promise<Result<readonly EditCommand[]>> => {
  const { plan, snapshot } = session
  if (!plan.ok) return plan
  const track = recordOf(snapshot, 'track', trackId)
  if (!track) return fail('edit.no_such_track', 'This track is not in the remix any more.')
  const stems = plan.value.sources
    .flatMap((source) => stemFile(source.stemId) ?? [])
    .map(({ path, contentSha256, name }) => ({ path, contentSha256, name }))
  const client = await engine()
  if (!client.ok) return client
  const frozen = await client.value.request('plugins.freeze', { plan: plan.value, stems, trackId }, hooks)
  if (!frozen.ok) return frozen
  return ok([...(track.frozen ? [{ op: 'track.unfreeze', trackId } as const] : []), { op: 'track.freeze', trackId, ...frozen.value }])
}
