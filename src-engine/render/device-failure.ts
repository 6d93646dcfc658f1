// The sentence for a device that broke.
import type { PlanDevice, PlanTrack } from '../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'

/** An export with a broken device fails by its name: nothing goes silently dry. */
export const deviceFailure = (track: PlanTrack, device: PlanDevice, error: unknown): Problem =>
  error instanceof ProblemError
    ? error.problem
    : {
        code: 'export.device_failed',
        message: `The ${device.kind} on "${track.name}" stopped working, so the export would not sound as it should. Switch it off or replace it, then export again.`,
        details: { trackId: track.id, deviceId: device.deviceId, cause: error instanceof Error ? error.message : String(error) },
      }

/** The same while playing: the track is silenced and the rest goes on. */
export const playbackDeviceFailure = (track: PlanTrack, device: PlanDevice, error: unknown): Problem => ({
  code: 'playback.device_failed',
  message: `The ${device.kind} on "${track.name}" stopped working; the track is silent until playback starts again. Switch the device off or replace it.`,
  details: { trackId: track.id, deviceId: device.deviceId, cause: error instanceof Error ? error.message : String(error) },
})
