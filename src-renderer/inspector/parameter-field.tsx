// One parameter of a device, as its table says: a number, a choice or a switch.
import { Switch } from 'radix-ui'
import { Spline } from 'lucide-react'
import type { Device, DeviceParameter } from '../../src-shared/remix/index.ts'
import { previewEdit } from '../mixer/index.ts'
import { IconButton, NumberField } from '../parts/index.ts'
import { edit, viewStore } from '../state/index.ts'

/** A parameter's value in words. */
export const formatParameter = ({ unit, choices }: DeviceParameter, value: number): string => {
  if (unit === 'choice') return choices?.[Math.round(value)] ?? String(value)
  if (unit === 'on/off') return value >= 0.5 ? 'On' : 'Off'
  if (unit === 'Hz')
    return value >= 1000 ? `${(value / 1000).toFixed(value >= 10_000 ? 1 : 2)} kHz` : `${value.toFixed(value < 100 ? 1 : 0)} Hz`
  if (unit === 'dB') return `${value > 0 ? '+' : ''}${value.toFixed(1).replace('-', '−')} dB`
  if (unit === '%') return `${Math.round(value)} %`
  if (unit === ':1') return `${value.toFixed(1)} : 1`
  if (unit === 'ms') return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
  if (unit === 's') return `${value.toFixed(2)} s`
  return value.toFixed(2)
}

const stepOf = ({ min, max, unit, scale }: DeviceParameter): number => (scale === 'step' ? 1 : unit === 'dB' ? 0.5 : (max - min) / 100)

/** A row with the parameter's control. */
export const ParameterField = ({
  device,
  parameter,
  label = parameter.label,
}: {
  device: Device
  parameter: DeviceParameter
  label?: string
}) => {
  const value = device.params[parameter.name] ?? parameter.default
  const command = (next: number) => ({ op: 'device.set' as const, deviceId: device.id, params: { [parameter.name]: next } })
  const set = (next: number): void => void edit([command(next)])
  const name = `${label} of ${device.kind}`
  return (
    <div className="field-row parameter">
      <span className="field-name ellipsis" title={parameter.label}>
        {label}
      </span>
      <span className="field-value">
        {parameter.unit === 'choice' ? (
          <select
            className="select select-small"
            aria-label={name}
            value={Math.round(value)}
            onChange={(event) => set(Number(event.target.value))}
          >
            {parameter.choices?.map((choice, i) => (
              <option key={choice} value={i}>
                {choice}
              </option>
            ))}
          </select>
        ) : parameter.unit === 'on/off' ? (
          <Switch.Root className="switch" aria-label={name} checked={value >= 0.5} onCheckedChange={(isOn) => set(isOn ? 1 : 0)}>
            <Switch.Thumb className="switch-thumb" />
          </Switch.Root>
        ) : (
          <>
            <IconButton
              icon={Spline}
              size={12}
              label={`Automate ${parameter.label.toLowerCase()}`}
              className="automate"
              onClick={() =>
                viewStore.setState(({ lanes }) => ({
                  lanes: { ...lanes, [device.trackId]: { ownerId: device.id, param: parameter.name } },
                }))
              }
            />
            <NumberField
              label={name}
              value={value}
              range={{
                min: parameter.min,
                max: parameter.max,
                default: parameter.default,
                scale: parameter.scale,
                step: stepOf(parameter),
              }}
              format={(shown) => formatParameter(parameter, shown)}
              onPreview={(next) => previewEdit(next === null ? null : command(next))}
              onCommit={set}
            />
          </>
        )}
      </span>
    </div>
  )
}
