// How the chosen clips are bent in time and pitch, beside what the licence allows of it.
import { Switch } from 'radix-ui'
import { useEffect, useState } from 'react'
import type { LicenceTerms } from '../../src-shared/provenance/index.ts'
import { type Clip, milliBpmAt, recordOf, remixOf, type StemRecord } from '../../src-shared/remix/index.ts'
import { judgeOperation } from '../../src-shared/rights/index.ts'
import { FieldRow, formatBpm, NumberField } from '../parts/index.ts'
import { edit, request, useRemix } from '../state/index.ts'
import { semitonesText } from '../timeline/index.ts'

/** Cents the licence allows for a stem around its own pitch; null where it sets no limit, `none` where it allows nothing. */
export const pitchLimits = (terms: LicenceTerms, stem: StemRecord): { readonly from: number; readonly to: number } | 'none' | null => {
  const grants = terms.grants.filter(({ grant }) => grant.assets.some((asset) => asset.stem === stem.id))
  const isLegal = (cents: number): boolean =>
    grants.every(({ grant }) => judgeOperation(grant, stem.role, stem.title, { op: 'pitch', fromMs: 0, toMs: 1, cents })?.effect !== 'deny')
  let from = 0
  let to = 0
  while (from > -2_400 && isLegal(from - 100)) from -= 100
  while (to < 2_400 && isLegal(to + 100)) to += 100
  if (from === 0 && to === 0) return 'none'
  return from === -2_400 && to === 2_400 ? null : { from, to }
}

const useTerms = (): LicenceTerms | null => {
  const uid = useRemix((remix) => remix.uid)
  const [terms, setTerms] = useState<LicenceTerms | null>(null)
  useEffect(() => {
    let isWanted = true
    if (uid !== null) void request('licence.terms', { uid }).then((reply) => isWanted && reply.ok && setTerms(reply.value))
    return () => {
      isWanted = false
    }
  }, [uid])
  return terms
}

/** Transposition, following the tempo, formants. */
export const WarpFields = ({ clips }: { clips: readonly Clip[] }) => {
  const snapshot = useRemix((remix) => remix.snapshot)
  const terms = useTerms()
  const clip = clips.at(-1)
  const stem = clip && recordOf(snapshot, 'stem', clip.stemId)
  if (!clip || !stem) return null
  const clipIds = clips.map((one) => one.id)
  const { tempo } = remixOf(snapshot)
  const work = recordOf(snapshot, 'work', stem.workId)
  const { milliBpm = null, cents = 0, keepsFormants = stem.role === 'vocals' } = clip.warp ?? {}
  const limits = terms ? pitchLimits(terms, stem) : null
  const follow = (isOn: boolean): void =>
    void edit(
      [{ op: 'clip.warp', clipIds, milliBpm: isOn ? (work?.milliBpm ?? milliBpmAt(tempo, clip.startTick)) : null }],
      isOn ? 'Follow the tempo' : 'Own speed',
    )
  const isVoice = clips.some((one) => recordOf(snapshot, 'stem', one.stemId)?.role === 'vocals')
  return (
    <>
      <FieldRow name="Transpose" title="Shift+Up and Shift+Down; decimals are cents">
        <NumberField
          label="Transpose"
          value={cents / 100}
          range={{ min: -24, max: 24, default: 0, scale: 'linear', step: 1 }}
          format={(semitones) => semitonesText(Math.round(semitones * 100))}
          onCommit={(semitones) => void edit([{ op: 'clip.warp', clipIds, cents: Math.round(semitones * 100) }], 'Transpose')}
        />
      </FieldRow>
      {limits !== null && (
        <p className="warp-limit muted small">
          {limits === 'none'
            ? `The licence for ${stem.title} allows no transposing.`
            : `Licence: ${semitonesText(limits.from)} to ${semitonesText(limits.to)}.`}
        </p>
      )}
      <FieldRow name="Follow tempo" title="Stretched at the same pitch, so that it stays in time when the tempo changes">
        <Switch.Root className="switch" aria-label="Follow tempo" checked={milliBpm !== null} onCheckedChange={follow}>
          <Switch.Thumb className="switch-thumb" />
        </Switch.Root>
      </FieldRow>
      {milliBpm !== null && (
        <FieldRow name="Source tempo" title="How fast the stem was played; double it for half-time">
          <NumberField
            label="Source tempo"
            value={milliBpm}
            range={{ min: 10_000, max: 800_000, default: work?.milliBpm ?? milliBpm, scale: 'linear', step: 1_000 }}
            format={(value) => `${formatBpm(value)} BPM`}
            parseText={(text) => {
              const bpm = Number.parseFloat(text.replace(',', '.'))
              return Number.isFinite(bpm) ? Math.round(bpm * 1_000) : null
            }}
            onCommit={(value) => void edit([{ op: 'clip.warp', clipIds, milliBpm: Math.round(value) }], 'Source tempo')}
          />
        </FieldRow>
      )}
      {isVoice && (
        <FieldRow name="Keep formants" title="The voice keeps its character while its pitch moves">
          <Switch.Root
            className="switch"
            aria-label="Keep formants"
            checked={keepsFormants}
            disabled={clip.warp === undefined}
            onCheckedChange={(keeps) => void edit([{ op: 'clip.warp', clipIds, keepsFormants: keeps }], 'Formants')}
          >
            <Switch.Thumb className="switch-thumb" />
          </Switch.Root>
        </FieldRow>
      )}
    </>
  )
}
