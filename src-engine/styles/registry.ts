// Every built-in style, by id. What the window and the command line list comes from here.
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { callAndAnswer, doubleTime, halfTime, minusOne, stemSwaps } from './arrange/index.ts'
import { breakdown, build, drop, edit60, extendedIntro, loopEdit } from './arrange/index.ts'
import { beatLayer, beatReplace, grooveTransfer, swing } from './groove.ts'
import { match } from './match.ts'
import { ownModel } from './own-model.ts'
import { createOwnStyle } from './own-style.ts'
import { revoice, vocalChop } from './revoice.ts'
import { chopped, club, dub, hard } from './sound/index.ts'
import { acousticRoom, loFi, radio } from './sound/index.ts'
import { ambient, slowed, spedUp } from './sound/index.ts'
import type { Style, StyleDescriptor } from './style.ts'
import { createWordsStyle } from './words/index.ts'

const BUILT_IN: readonly Style[] = [
  loFi,
  club,
  slowed,
  spedUp,
  ambient,
  acousticRoom,
  radio,
  chopped,
  dub,
  hard,
  build,
  drop,
  breakdown,
  halfTime,
  doubleTime,
  callAndAnswer,
  stemSwaps,
  minusOne,
  extendedIntro,
  edit60,
  loopEdit,
  swing,
  grooveTransfer,
  beatReplace,
  beatLayer,
  match,
  revoice,
  vocalChop,
  ownModel,
]

const builtInById = (id: string): Style | undefined => BUILT_IN.find((style) => style.id === id)
const words = createWordsStyle(builtInById)

export const STYLES: readonly Style[] = [...BUILT_IN, words, createOwnStyle((id) => (id === 'words' ? words : builtInById(id)))]

/** Code: `style.unknown`. */
export const findStyle = (id: string): Result<Style> => {
  const wanted = id.trim().toLowerCase()
  const found = STYLES.find((style) => style.id === wanted || style.label.toLowerCase() === wanted)
  return found ? ok(found) : fail('style.unknown', `There is no style “${id}”; there are ${STYLES.map((style) => style.id).join(', ')}.`)
}

export const styleById = (id: string): Style | undefined => STYLES.find((style) => style.id === id)

export const descriptorOf = ({ id, version, group, label, description, parameters, needs }: Style): StyleDescriptor => ({
  id,
  version,
  group,
  label,
  description,
  parameters,
  needs,
})

export const STYLE_DESCRIPTORS: readonly StyleDescriptor[] = STYLES.map(descriptorOf)
