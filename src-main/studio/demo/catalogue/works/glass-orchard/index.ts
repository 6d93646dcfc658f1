import { samplesOf } from '../../synthesis/index.ts'
import { OPEN_TERMS } from '../../terms.ts'
import type { DemoStem, DemoWork } from '../../work.ts'
import { renderBass } from './bass.ts'
import { KIT, renderDrums } from './drums.ts'
import { renderPiano, renderSaws, renderBells } from './keys.ts'
import { renderTextures } from './textures.ts'
import { renderVocals } from './vocals.ts'
import { grid, sections } from './score.ts'

const stems: readonly DemoStem[] = [
  { file: 'vocals', title: 'Vocals', role: 'vocals', samples: [], gainDb: -3.9, render: renderVocals },
  { file: 'drums', title: 'Drums', role: 'drums', samples: samplesOf(KIT), gainDb: -4.8, render: renderDrums },
  { file: 'bass', title: 'Bass', role: 'bass', samples: [], gainDb: -11.3, render: renderBass },
  { file: 'felt-piano', title: 'Felt piano', role: 'keys', samples: [], gainDb: -11.4, render: renderPiano },
  { file: 'wide-saws', title: 'Wide saws', role: 'synth', samples: [], gainDb: -19.8, render: renderSaws },
  { file: 'glass-bells', title: 'Glass bells', role: 'synth', samples: [], gainDb: -7.5, render: renderBells },
  {
    file: 'textures',
    title: 'Glass and air',
    role: 'effects',
    samples: ['ambi_glass_hum', 'ambi_glass_rub', 'elec_chime', 'drum_splash_hard', 'misc_cineboom'],
    gainDb: -10,
    render: renderTextures,
  },
]

export const GLASS_ORCHARD: DemoWork = {
  id: 'glass-orchard',
  title: 'Glass Orchard',
  artists: ['Orchard Static'],
  tempo: 120,
  key: 'Eb major',
  meter: '6/8',
  year: 2026,
  coverColors: ['#0b3d3a', '#9fe8c8'],
  grid,
  sections,
  grant: OPEN_TERMS,
  stems,
}
