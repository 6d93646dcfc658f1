// What each built-in device's parameters are: range, default, unit, and how a control should scale. The single source for UI, engine and plan.
import type { DeviceKind } from './records.ts'

export interface DeviceParameter {
  readonly name: string
  readonly label: string
  readonly unit: 'dB' | 'Hz' | 'ms' | 's' | '%' | ':1' | '' | 'on/off' | 'choice'
  readonly min: number
  readonly max: number
  readonly default: number
  /** How a knob maps travel to value. */
  readonly scale: 'linear' | 'log' | 'step'
  /** Labels of a `choice`, by integer value. */
  readonly choices?: readonly string[]
}

const p = (
  name: string,
  label: string,
  unit: DeviceParameter['unit'],
  min: number,
  max: number,
  defaultValue: number,
  scale: DeviceParameter['scale'] = 'linear',
  choices?: readonly string[],
): DeviceParameter => ({ name, label, unit, min, max, default: defaultValue, scale, ...(choices ? { choices } : {}) })

const EQ_TYPES = ['Off', 'Low cut', 'Low shelf', 'Bell', 'High shelf', 'High cut', 'Notch']
const band = (n: number, type: number, frequency: number): DeviceParameter[] => [
  p(`band${n}Type`, `Band ${n}`, 'choice', 0, EQ_TYPES.length - 1, type, 'step', EQ_TYPES),
  p(`band${n}Hz`, `Band ${n} frequency`, 'Hz', 20, 20_000, frequency, 'log'),
  p(`band${n}Db`, `Band ${n} gain`, 'dB', -24, 24, 0),
  p(`band${n}Q`, `Band ${n} Q`, '', 0.1, 18, Math.SQRT1_2, 'log'),
]

/** Parameters of every built-in device, in display order. Filters follow the RBJ Audio EQ Cookbook. */
export const DEVICE_PARAMETERS: Readonly<Record<DeviceKind, readonly DeviceParameter[]>> = {
  eq: [...band(1, 1, 30), ...band(2, 2, 120), ...band(3, 3, 500), ...band(4, 3, 2_500), ...band(5, 4, 8_000), ...band(6, 0, 18_000)],
  compressor: [
    p('thresholdDb', 'Threshold', 'dB', -60, 0, -18),
    p('ratio', 'Ratio', ':1', 1, 20, 2, 'log'),
    p('kneeDb', 'Knee', 'dB', 0, 24, 6),
    p('attackMs', 'Attack', 'ms', 0.1, 200, 10, 'log'),
    p('releaseMs', 'Release', 'ms', 5, 2_000, 120, 'log'),
    p('makeupDb', 'Make-up', 'dB', -12, 24, 0),
    p('mixPercent', 'Mix', '%', 0, 100, 100),
  ],
  reverb: [
    p('decaySeconds', 'Decay', 's', 0.1, 20, 2, 'log'),
    p('preDelayMs', 'Pre-delay', 'ms', 0, 250, 15),
    p('sizePercent', 'Size', '%', 10, 100, 70),
    p('dampingHz', 'Damping', 'Hz', 500, 20_000, 6_000, 'log'),
    p('lowCutHz', 'Low cut', 'Hz', 20, 1_000, 120, 'log'),
    p('widthPercent', 'Width', '%', 0, 100, 100),
    p('mixPercent', 'Mix', '%', 0, 100, 100),
  ],
  delay: [
    p('timeMs', 'Time', 'ms', 1, 2_000, 375, 'log'),
    p('feedbackPercent', 'Feedback', '%', 0, 95, 35),
    p('isPingPong', 'Ping-pong', 'on/off', 0, 1, 0, 'step'),
    p('lowCutHz', 'Low cut', 'Hz', 20, 2_000, 150, 'log'),
    p('highCutHz', 'High cut', 'Hz', 500, 20_000, 6_000, 'log'),
    p('mixPercent', 'Mix', '%', 0, 100, 30),
  ],
  saturation: [
    p('driveDb', 'Drive', 'dB', 0, 36, 6),
    p('bias', 'Bias', '', -0.5, 0.5, 0),
    p('outputDb', 'Output', 'dB', -24, 12, 0),
    p('mixPercent', 'Mix', '%', 0, 100, 100),
  ],
  filter: [
    p('mode', 'Mode', 'choice', 0, 3, 0, 'step', ['Low-pass', 'High-pass', 'Band-pass', 'Notch']),
    p('cutoffHz', 'Cutoff', 'Hz', 20, 20_000, 20_000, 'log'),
    p('resonance', 'Resonance', '', 0.5, 18, Math.SQRT1_2, 'log'),
    p('mixPercent', 'Mix', '%', 0, 100, 100),
  ],
  limiter: [
    p('ceilingDb', 'Ceiling', 'dB', -12, 0, -1),
    p('inputDb', 'Input', 'dB', -12, 24, 0),
    p('releaseMs', 'Release', 'ms', 5, 1_000, 80, 'log'),
  ],
}
