// Which plugins of a plan are run at all, and with what.
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'

/** The plugins that a render hears. */
export const heardPlugins = (plan: RenderPlan): readonly { readonly track: PlanTrack; readonly device: PlanPlugin }[] =>
  plan.tracks.flatMap((track) =>
    track.isAudible && !track.frozen
      ? track.devices.flatMap((device) => (device.kind === 'plugin' && device.isEnabled ? [{ track, device }] : []))
      : [],
  )

/** Values that hold for the whole plan; automated ones are sent as they come. */
export const constantValues = ({ params }: PlanPlugin): Record<string, number> =>
  Object.fromEntries(Object.entries(params).flatMap(([id, { value, points }]) => (points && points.length > 0 ? [] : [[id, value]])))
