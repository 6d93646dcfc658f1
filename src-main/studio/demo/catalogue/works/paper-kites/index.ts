import { samplesOf } from '../../synthesis/index.ts'
import { EXPIRED_TERMS } from '../../terms.ts'
import type { DemoStem, DemoWork } from '../../work.ts'
import { renderKalimba, renderStrings, renderAir } from './air.ts'
import { KIT, renderDrums } from './drums.ts'
import { renderBass, renderGuitar } from './plucked.ts'
import { renderVocals } from './vocals.ts'
import { grid, sections } from './score.ts'

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -3.0, render: renderVocals },
  { file: 'tabla-and-brushes', title: 'Tabla and brushes', role: 'drums', samples: samplesOf(KIT), gainDb: -6.5, render: renderDrums },
  { file: 'bass', title: 'Upright bass', role: 'bass', samples: [], gainDb: -8.8, render: renderBass },
  { file: 'guitars', title: 'Guitars', role: 'guitar', samples: [], gainDb: -6.6, render: renderGuitar },
  { file: 'kalimba', title: 'Kalimba', role: 'keys', samples: [], gainDb: -7, render: renderKalimba },
  { file: 'strings', title: 'Strings', role: 'other', samples: [], gainDb: -19.5, render: renderStrings },
  {
    file: 'air',
    title: 'Wind and air',
    role: 'effects',
    samples: ['guit_harmonics', 'drum_splash_soft', 'perc_bell2'],
    gainDb: -3,
    render: renderAir,
  },
]

export const PAPER_KITES: DemoWork = {
  id: 'paper-kites',
  title: 'Paper Kites',
  artists: ['The Paper Almanac'],
  tempo: 84,
  key: 'D major',
  meter: '7/8',
  year: 2023,
  coverColors: ['#f4e3c1', '#d1495b'],
  grid,
  sections,
  grant: EXPIRED_TERMS,
  stems,
}
