// The equaliser's response, from the same cookbook formulas the engine uses (RBJ Audio EQ Cookbook), drawn as one line.
import { useId } from 'react'
import { DEVICE_PARAMETERS, type Device, REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'

const WIDTH = 232
const HEIGHT = 84
const RANGE_DB = 18
const BANDS = [1, 2, 3, 4, 5, 6] as const

type Coefficients = readonly [b0: number, b1: number, b2: number, a0: number, a1: number, a2: number]

const coefficients = (type: number, hz: number, db: number, q: number): Coefficients | null => {
  const w = (2 * Math.PI * hz) / REMIX_SAMPLE_RATE
  const cos = Math.cos(w)
  const alpha = Math.sin(w) / (2 * q)
  const a = 10 ** (db / 40)
  const root = 2 * Math.sqrt(a) * alpha
  switch (type) {
    case 1:
      return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha]
    case 2:
      return [
        a * (a + 1 - (a - 1) * cos + root),
        2 * a * (a - 1 - (a + 1) * cos),
        a * (a + 1 - (a - 1) * cos - root),
        a + 1 + (a - 1) * cos + root,
        -2 * (a - 1 + (a + 1) * cos),
        a + 1 + (a - 1) * cos - root,
      ]
    case 3:
      return [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a]
    case 4:
      return [
        a * (a + 1 + (a - 1) * cos + root),
        -2 * a * (a - 1 + (a + 1) * cos),
        a * (a + 1 + (a - 1) * cos - root),
        a + 1 - (a - 1) * cos + root,
        2 * (a - 1 - (a + 1) * cos),
        a + 1 - (a - 1) * cos - root,
      ]
    case 5:
      return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha]
    case 6:
      return [1, -2 * cos, 1, 1 + alpha, -2 * cos, 1 - alpha]
    default:
      return null
  }
}

const responseDb = ([b0, b1, b2, a0, a1, a2]: Coefficients, hz: number): number => {
  const w = (2 * Math.PI * hz) / REMIX_SAMPLE_RATE
  const power = (c0: number, c1: number, c2: number): number =>
    (c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w)) ** 2 + (c1 * Math.sin(w) + c2 * Math.sin(2 * w)) ** 2
  return 10 * Math.log10(Math.max(1e-12, power(b0, b1, b2) / power(a0, a1, a2)))
}

const toX = (hz: number): number => (Math.log(hz / 20) / Math.log(1000)) * WIDTH
const toY = (db: number): number => HEIGHT / 2 - (Math.max(-RANGE_DB, Math.min(RANGE_DB, db)) / RANGE_DB) * (HEIGHT / 2 - 3)

/** The curve of an equaliser device. */
export const EqCurve = ({ device }: { device: Device }) => {
  const fade = useId()
  const value = (name: string): number =>
    device.params[name] ?? DEVICE_PARAMETERS.eq.find((parameter) => parameter.name === name)?.default ?? 0
  const active = BANDS.map((n) =>
    coefficients(Math.round(value(`band${n}Type`)), value(`band${n}Hz`), value(`band${n}Db`), value(`band${n}Q`)),
  ).filter((one) => one !== null)
  const points = Array.from({ length: 117 }, (_, i) => {
    const hz = 20 * 1000 ** (i / 116)
    return `${toX(hz).toFixed(1)} ${toY(active.reduce((sum, filter) => sum + responseDb(filter, hz), 0)).toFixed(1)}`
  })
  return (
    <svg
      className="eq-curve"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Response of the equaliser, ${active.length} of ${BANDS.length} bands on`}
    >
      <defs>
        <linearGradient id={fade} x1="0" x2="0" y1="0" y2="1">
          <stop offset="0" stopColor="currentColor" stopOpacity="0.16" />
          <stop offset="1" stopColor="currentColor" stopOpacity="0.03" />
        </linearGradient>
      </defs>
      {[100, 1_000, 10_000].map((hz) => (
        <line key={hz} x1={toX(hz)} x2={toX(hz)} y1={0} y2={HEIGHT} className="eq-grid" />
      ))}
      <line x1={0} x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} className="eq-grid" />
      <path d={`M0 ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`} fill={`url(#${fade})`} />
      <path d={`M${points.join('L')}`} className="eq-line" />
      {BANDS.map(
        (n) =>
          Math.round(value(`band${n}Type`)) !== 0 && (
            <circle key={n} cx={toX(value(`band${n}Hz`))} cy={toY(value(`band${n}Db`))} r={3} className="eq-dot" />
          ),
      )}
    </svg>
  )
}
