// `work.json`: what a label writes beside its audio files, and `stemma pack` reads.
import type { Section } from './score.ts'
import type { DemoWork, GrantTerms } from './work.ts'

export interface WorkFile {
  readonly title: string
  readonly artists: readonly string[]
  /** Quarter notes per minute. */
  readonly tempo: number
  readonly key: string
  readonly meter: string
  readonly year: number
  readonly coverColors: readonly [string, string]
  /** `startBar` counts from 1. */
  readonly sections: readonly Section[]
  /** `electronic`: sequenced and synthesised in a computer, not captured; it becomes the stem's IPTC source type. */
  readonly stems: readonly { readonly file: string; readonly title: string; readonly role: string; readonly source: 'electronic' }[]
  readonly grant: GrantTerms
}

export const buildWorkFile = (work: DemoWork): WorkFile => ({
  title: work.title,
  artists: work.artists,
  tempo: work.tempo,
  key: work.key,
  meter: work.meter,
  year: work.year,
  coverColors: work.coverColors,
  sections: work.sections,
  stems: work.stems.map(({ file, title, role }) => ({ file: `${file}.flac`, title, role, source: 'electronic' })),
  grant: work.grant,
})
