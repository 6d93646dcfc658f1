// What a wish in words asks of the engine before it is carried out: no model where nothing is cut.
import { describe, expect, it } from 'vitest'
import { openTerms, songOf } from '../../../src-engine/styles/styles.fixture.ts'
import { fail } from '../../../src-shared/std/index.ts'
import { proposeStyle } from './apply-style.ts'
import type { FactTools } from './collect-facts.ts'

const snapshot = songOf({})
const terms = openTerms(snapshot)

const propose = async (text: string) => {
  let asked = 0
  const tools: FactTools = {
    desk: { grantsFor: () => terms.grants, context: () => terms.context },
    engine: async () => {
      asked += 1
      return fail('engine.gone', 'The engine is not there.')
    },
    stemFile: () => undefined,
    work: () => undefined,
    model: async () => fail('model.none', 'There is no model.'),
    reference: async () => fail('reference.none', 'There is no sound.'),
  }
  const run = await proposeStyle(tools, snapshot, { style: 'words', params: { text }, seed: 1 })
  return { asked, isOk: run.ok }
}

describe('what words listen to', () => {
  it.each(['darker', 'no distorted guitars, wider', 'instrumental', 'keep the lead vocal dry'])(
    '“%s” asks the engine nothing',
    async (text) => {
      expect(await propose(text)).toEqual({ asked: 0, isOk: true })
    },
  )

  it.each(['chopped', 'darker, 30 s edit'])('“%s” asks it for the phrases of the voices', async (text) => {
    expect(await propose(text)).toEqual({ asked: 1, isOk: true })
  })
})
