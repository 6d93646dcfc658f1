// How a role looks: its colour token and its own mark, so that colour is never the only sign.
import { AudioLines, AudioWaveform, Drum, Guitar, KeyboardMusic, type LucideIcon, MicVocal, Music2, Sparkles } from 'lucide-react'
import type { Role } from '../../src-shared/remix/index.ts'

const MARKS: Readonly<Record<Role, LucideIcon>> = {
  vocals: MicVocal,
  drums: Drum,
  bass: AudioWaveform,
  keys: KeyboardMusic,
  synth: AudioLines,
  guitar: Guitar,
  effects: Sparkles,
  other: Music2,
}

/** Words for a role, in lower case. */
export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  vocals: 'vocals',
  drums: 'drums',
  bass: 'bass',
  keys: 'keys',
  synth: 'synth',
  guitar: 'guitar',
  effects: 'effects',
  other: 'other',
}

/** CSS colour of a role. */
export const roleColor = (role: Role): string => `var(--${role})`

/** Icon of a role. */
export const roleMark = (role: Role): LucideIcon => MARKS[role]

const SECTION_COLORS: Readonly<Record<string, string>> = {
  slate: 'var(--effects)',
  gray: 'var(--effects)',
  teal: 'var(--keys)',
  blue: 'var(--synth)',
  rose: 'var(--vocals)',
  violet: 'var(--bass)',
  amber: 'var(--drums)',
}

/** CSS colour of a section's colour name; unknown names are neutral. */
export const sectionLook = (color: string): string => SECTION_COLORS[color] ?? 'var(--effects)'
