// One parameter of a plugin: a number, a choice, a switch, or a meter for what the plugin shows.
import { Switch } from 'radix-ui'
import { Spline } from 'lucide-react'
import type { PluginParameter } from '../../src-shared/plugins/index.ts'
import type { Device } from '../../src-shared/remix/index.ts'
import { previewEdit } from '../mixer/index.ts'
import { IconButton, NumberField } from '../parts/index.ts'
import { edit, usePlugins, viewStore } from '../state/index.ts'
import type { PluginWords } from './use-plugin.ts'
import { parameterName, plainText, rangeOf, settingOf } from './values.ts'

const OutputMeter = ({ device, parameter }: { device: Device; parameter: PluginParameter }) => {
  const value = usePlugins((plugins) => plugins.statuses[device.id]?.outputs[parameter.id])
  const range = rangeOf(parameter)
  const share = value === undefined ? 0 : Math.max(0, Math.min(1, (value - range.min) / (range.max - range.min)))
  return (
    <span className="plugin-meter" title={value === undefined ? 'Not playing' : plainText(parameter, value)}>
      <span className="plugin-meter-bar" aria-hidden>
        <i style={{ transform: `scaleX(${share})` }} />
      </span>
      <span className="plugin-meter-value">{value === undefined ? '–' : plainText(parameter, value)}</span>
    </span>
  )
}

/** A row of the editor. */
export const PluginRow = ({
  device,
  parameter,
  words,
  isDisabled,
}: {
  device: Device
  parameter: PluginParameter
  words: PluginWords
  isDisabled: boolean
}) => {
  const name = parameterName(parameter)
  const value = settingOf(device, parameter, words.values)
  const label = `${name} of ${device.plugin?.name ?? 'plugin'}`
  const command = (next: number) => ({ op: 'plugin.set' as const, deviceId: device.id, params: { [parameter.id]: next } })
  const set = (next: number): void => void edit([command(next)])
  const textOf = (shown: number): string => {
    const told = words.texts.get(parameter.id)
    if (told && Math.abs(told.value - shown) <= Math.abs(shown) * 1e-6) return told.text
    return plainText(parameter, shown)
  }
  const range = rangeOf(parameter)
  return (
    <div className="field-row parameter plugin-row">
      <span className="field-name ellipsis" title={parameter.group === '' ? name : `${parameter.group} / ${name}`}>
        {name}
      </span>
      <span className="field-value">
        {parameter.isOutput ? (
          <OutputMeter device={device} parameter={parameter} />
        ) : parameter.choices.length > 0 ? (
          <select
            className="select select-small"
            aria-label={label}
            disabled={isDisabled}
            value={plainText(parameter, value)}
            onChange={(event) => {
              const choice = parameter.choices.find((one) => one.label === event.target.value)
              if (choice) set(choice.value)
            }}
          >
            {parameter.choices.map((choice) => (
              <option key={`${choice.value} ${choice.label}`} value={choice.label}>
                {choice.label}
              </option>
            ))}
          </select>
        ) : parameter.isToggle ? (
          <Switch.Root
            className="switch"
            aria-label={label}
            disabled={isDisabled}
            checked={value > (range.min + range.max) / 2}
            onCheckedChange={(isOn) => set(isOn ? range.max : range.min)}
          >
            <Switch.Thumb className="switch-thumb" />
          </Switch.Root>
        ) : (
          <>
            {parameter.isAutomatable && (
              <IconButton
                icon={Spline}
                size={12}
                label={`Automate ${name}`}
                className="automate"
                onClick={() =>
                  viewStore.setState(({ lanes }) => ({
                    lanes: {
                      ...lanes,
                      [device.trackId]: {
                        ownerId: device.id,
                        param: parameter.id,
                        shape: { label: name, min: range.min, max: range.max, value },
                      },
                    },
                  }))
                }
              />
            )}
            <NumberField
              label={label}
              value={value}
              range={range}
              format={textOf}
              isDisabled={isDisabled}
              onPreview={(next) => previewEdit(next === null ? null : command(next))}
              onCommit={set}
            />
          </>
        )}
      </span>
    </div>
  )
}
