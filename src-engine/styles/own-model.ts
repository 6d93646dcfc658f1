// Own model: a part through an ONNX file of the user's. Always AI, always disclosed, and only where the licence lets a model remake the sound.
import { type Make, ROLES } from '../../src-shared/remix/index.ts'
import { fail } from '../../src-shared/std/index.ts'
import { namesOf } from './lanes.ts'
import { choice, num, type Style, text } from './style.ts'

const PARTS: Readonly<Record<string, string>> = {
  all: 'Everything',
  ...Object.fromEntries(ROLES.map((role) => [role, `${role.charAt(0).toUpperCase()}${role.slice(1)}`])),
}

export const ownModel: Style = {
  id: 'model',
  version: 1,
  group: 'revoice',
  label: 'Own model',
  description: 'A part through a trained model of your own, an ONNX file; exports name the model.',
  parameters: [
    text('model', 'Model', 'its name or hash; empty: the only one there is'),
    choice('part', 'Part', PARTS, 'vocals'),
    text('track', 'Or a track', 'its name'),
    num('strength', 'Strength', '%', [1, 100, 1], 100),
  ],
  needs: ['model'],
  run: (stage, params) => {
    const { model } = stage.facts
    if (!model) return fail('style.needs_model', 'Add a model first, and name it: an ONNX file with its name, version and licence.')
    const named = params.text('track').trim().toLowerCase()
    const part = params.text('part')
    const lanes = stage.lanes.filter((lane) => (named === '' ? part === 'all' || lane.role === part : lane.title.toLowerCase() === named))
    if (lanes.length === 0)
      return fail(
        'style.no_part',
        named === '' ? `Nothing plays the part “${part}” here.` : `There is no track “${params.text('track')}” here.`,
      )
    const strengthPermille = Math.round(params.number('strength') * 10)
    const done: string[] = []
    for (const lane of lanes) {
      for (const stem of lane.stems) {
        const verdict = stage.licence.verdict(stem, 'ai.restyle', { model: model.urn, strengthPermille })
        if (verdict.effect === 'deny' || stage.isKept(lane)) {
          stage.leaveOut(`${model.name} on ${stem.title}`, verdict.why === '' ? 'It is to stay as it is.' : verdict.why)
          continue
        }
        const clips = stage.clipsNow(lane).filter((clip) => clip.stemId === stem.id)
        if (clips.some((clip) => clip.soundId !== undefined)) {
          stage.leaveOut(`${model.name} on ${stem.title}`, 'It plays a made sound already; let it play its stem again first.')
          continue
        }
        if (clips.length === 0) continue
        if (verdict.effect === 'approval') stage.ask(verdict.why)
        const { sha256: modelSha256, urn, name, version, licence } = model
        const make: Make = { kind: 'model', modelSha256, urn, name, version, licence, strengthPermille }
        const soundId = stage.newId()
        stage.edit({ op: 'sound.add', id: soundId, stemId: stem.id, name: `${stem.title}, ${name}`.slice(0, 300), make })
        stage.edit({ op: 'clip.sound', clipIds: clips.map((clip) => clip.id), soundId })
        done.push(stem.title)
      }
    }
    if (done.length === 0)
      return fail('style.nothing_legal', `“Own model” can do nothing here: ${stage.leftOut.at(-1)?.why ?? 'nothing plays.'}`)
    stage.say(
      `${namesOf(done)} through ${model.name} ${model.version}${strengthPermille === 1_000 ? '' : ` at ${params.number('strength')} %`}`,
    )
    return undefined
  },
}
