import { samplesOf } from '../../synthesis/index.ts'
import { RESTRICTED_TERMS } from '../../terms.ts'
import type { DemoStem, DemoWork } from '../../work.ts'
import { renderBass } from './bass.ts'
import { KIT, renderDrums, PERCUSSION, renderPercussion } from './drums.ts'
import { renderEffects } from './effects.ts'
import { renderKeys, renderArp, renderPad } from './keys.ts'
import { renderVocals } from './vocals.ts'
import { grid, sections } from './score.ts'

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -4.4, render: renderVocals },
  { file: 'drums', title: 'Drums', role: 'drums', samples: samplesOf(KIT), gainDb: -5, render: renderDrums },
  { file: 'percussion', title: 'Percussion', role: 'drums', samples: samplesOf(PERCUSSION), gainDb: -6, render: renderPercussion },
  { file: 'bass', title: 'Bass', role: 'bass', samples: [], gainDb: -10.5, render: renderBass },
  { file: 'electric-piano', title: 'Electric piano', role: 'keys', samples: [], gainDb: -14, render: renderKeys },
  { file: 'arpeggio', title: 'Arpeggio', role: 'synth', samples: [], gainDb: -16.5, render: renderArp },
  { file: 'pad', title: 'Pad', role: 'synth', samples: [], gainDb: -19.5, render: renderPad },
  {
    file: 'sea-and-risers',
    title: 'Sea and risers',
    role: 'effects',
    samples: ['perc_bell', 'drum_splash_hard', 'misc_cineboom', 'ambi_dark_woosh'],
    gainDb: -7,
    render: renderEffects,
  },
]

export const HARBOUR_LIGHTS: DemoWork = {
  id: 'harbour-lights',
  title: 'Harbour Lights',
  artists: ['Quay & Lantern'],
  tempo: 112,
  key: 'A minor',
  meter: '4/4',
  year: 2025,
  coverColors: ['#12324a', '#f2a65a'],
  grid,
  sections,
  grant: RESTRICTED_TERMS,
  stems,
}
