// `stemma models`: ONNX models of the user's own, for the style `model`.
import { resolve } from 'node:path'
import type { Run } from '../command.ts'
import { done, refused, reportOf, table } from '../output.ts'

export const modelsListCommand: Run<Record<never, never>> = async (context) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const models = await studio.value.models.list()
  return done(
    { ok: true, models },
    models.length === 0
      ? ['No model was added yet: stemma models add FILE --name … --version … --licence …']
      : table(
          models.map(({ name, version, licence, sha256, timesRealtime }) => [
            name,
            version,
            licence,
            sha256.slice(0, 8),
            `${timesRealtime}x realtime`,
          ]),
        ),
  )
}

export interface ModelsAddOptions {
  readonly file: string
  readonly name?: string
  readonly modelVersion?: string
  readonly licence?: string
}

export const modelsAddCommand: Run<ModelsAddOptions> = async (context, { file, name, modelVersion, licence }) => {
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  const added = await studio.value.models.add(resolve(file), { name, version: modelVersion, licence }, context.signal)
  return reportOf(added, (model) =>
    done({ ok: true, model }, [
      `${model.name} ${model.version} (${model.licence}), ${model.timesRealtime}x realtime`,
      model.urn,
      'Use it with: stemma style REMIX model --param part=…',
    ]),
  )
}
