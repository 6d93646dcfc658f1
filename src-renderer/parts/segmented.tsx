// One choice of a few, side by side.
import { ToggleGroup } from 'radix-ui'

/** A segmented control; arrow keys move between the choices. */
export const Segmented = <T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly { readonly value: T; readonly label: string }[]
  onChange: (value: T) => void
}) => (
  <ToggleGroup.Root
    className="segmented"
    type="single"
    aria-label={label}
    value={value}
    onValueChange={(next) => next !== '' && onChange(next as T)}
  >
    {options.map((option) => (
      <ToggleGroup.Item key={option.value} value={option.value} className="segmented-item">
        {option.label}
      </ToggleGroup.Item>
    ))}
  </ToggleGroup.Root>
)
