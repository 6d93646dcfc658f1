// How far something is, or how much of a limit is used.
import { classes } from './classes.ts'

/** A thin bar; `fraction` 0..1, null while unknown. `label` is read aloud. */
export const ProgressBar = ({
  fraction,
  label,
  tone = 'accent',
}: {
  fraction: number | null
  label: string
  tone?: 'accent' | 'good' | 'limited' | 'bad'
}) => {
  const percent = fraction === null ? undefined : Math.round(Math.max(0, Math.min(1, fraction)) * 100)
  return (
    <div
      className={classes('progress', `progress-${tone}`, fraction === null && 'is-unknown')}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ transform: `scaleX(${fraction === null ? 0.3 : Math.max(0, Math.min(1, fraction))})` }} />
    </div>
  )
}
