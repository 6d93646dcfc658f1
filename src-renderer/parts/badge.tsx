// Small signs of state: always a shape and a word beside the colour.
import { Ban, CheckCircle2, CircleDashed, Clock3, Info, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export type Tone = 'good' | 'limited' | 'bad' | 'neutral' | 'pending' | 'info'

const SHAPES: Readonly<Record<Tone, LucideIcon>> = {
  good: CheckCircle2,
  limited: TriangleAlert,
  bad: Ban,
  neutral: CircleDashed,
  pending: Clock3,
  info: Info,
}

/** Icon of a tone. */
export const ToneIcon = ({ tone, size = 13 }: { tone: Tone; size?: number }) => {
  const Icon = SHAPES[tone]
  return <Icon size={size} className={`tone-${tone}`} aria-hidden />
}

/** A pill with a shape and words. */
export const Badge = ({ tone = 'neutral', title, children }: { tone?: Tone; title?: string | undefined; children: ReactNode }) => (
  <span className={classes('badge', `badge-${tone}`)} title={title}>
    <ToneIcon tone={tone} size={12} />
    <span className="ellipsis">{children}</span>
  </span>
)
