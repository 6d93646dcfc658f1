// The licence during a drag: what main would refuse at the drop is said beside the pointer before it. Main decides; this only foretells.
import { assessRemix, denialsOfEdit, type LicenceTerms } from '../../src-shared/provenance/index.ts'
import type { EditCommand, RemixSnapshot } from '../../src-shared/remix/index.ts'
import type { Decision } from '../../src-shared/rights/index.ts'
import { remixStore, request } from '../state/index.ts'

/** Judges the steps of one drag. */
export interface LicenceWatch {
  /** The refusal that a drop here would meet, or null; null also until the terms have come. */
  judge(commands: readonly EditCommand[], snapshot: RemixSnapshot): Decision | null
}

/** Fetches the terms as they are now and judges against what the remix was before the drag. */
export const watchLicence = (base: RemixSnapshot): LicenceWatch => {
  let terms: LicenceTerms | null = null
  let before: readonly Decision[] = []
  const { uid } = remixStore.getState()
  if (uid !== null) {
    void request('licence.terms', { uid }).then((reply) => {
      if (!reply.ok) return
      const assessed = assessRemix(base, reply.value)
      before = assessed.ok ? assessed.value.decisions : []
      terms = reply.value
    })
  }
  let known: { readonly key: string; readonly decision: Decision | null } | null = null
  return {
    judge(commands, snapshot) {
      if (!terms) return null
      // A drag that snaps asks the same again and again.
      const key = JSON.stringify(commands)
      if (known?.key === key) return known.decision
      const assessed = assessRemix(snapshot, terms)
      const decision = assessed.ok ? (denialsOfEdit(before, assessed.value.decisions)[0] ?? null) : null
      known = { key, decision }
      return decision
    },
  }
}
