// What a style reads beside the remix: a sound to match, or a model of the user's own.
import { FileAudio, Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { StyleOrder } from '../../src-shared/protocol/index.ts'
import { recordsOf } from '../../src-shared/remix/index.ts'
import { Button, FieldRow } from '../parts/index.ts'
import { useRemix } from '../state/index.ts'
import { addModel, loadModels, pickReference, setInput, useStyles } from './styles-store.ts'

/** Picks the sound to match: a file, or another work of the remix. */
export const ReferencePicker = ({ order }: { order: StyleOrder }) => {
  const titles = useStyles((state) => state.inputTitles)
  const snapshot = useRemix((remix) => remix.snapshot)
  const works = recordsOf(snapshot, 'work')
  const [input] = order.inputs ?? []
  const title = input === undefined ? 'nothing chosen' : (titles[input] ?? works.find(({ id }) => id === input)?.title ?? 'a sound')
  return (
    <div className="card">
      <FieldRow name="Match to">
        <span className="ellipsis" title={title}>
          {title}
        </span>
      </FieldRow>
      <div className="style-picks">
        <Button icon={FileAudio} onClick={() => void pickReference()}>
          Choose a file…
        </Button>
        {works.slice(1).map(({ id, title: name }) => (
          <Button key={id} onClick={() => setInput(id, name)}>
            {name}
          </Button>
        ))}
      </div>
    </div>
  )
}

const AddModel = ({ onDone }: { onDone: () => void }) => {
  const [stated, setStated] = useState({ name: '', version: '', licence: '' })
  const field = (key: keyof typeof stated, label: string) => (
    <label className="style-text">
      <span className="muted">{label}</span>
      <input
        className="style-input"
        value={stated[key]}
        maxLength={300}
        placeholder="as the file states it"
        onChange={(event) => setStated({ ...stated, [key]: event.target.value })}
      />
    </label>
  )
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault()
        void addModel(stated).then((isAdded) => isAdded && onDone())
      }}
    >
      {field('name', 'Name')}
      {field('version', 'Version')}
      {field('licence', 'Licence')}
      <Button type="submit">Choose an ONNX file…</Button>
    </form>
  )
}

/** Picks a model of the user's own, or adds one. */
export const ModelPicker = ({ order }: { order: StyleOrder }) => {
  const models = useStyles((state) => state.models)
  const [isAdding, setAdding] = useState(false)
  useEffect(() => void loadModels(), [])
  const [input] = order.inputs ?? []
  return (
    <>
      <div className="card">
        <FieldRow name="Model">
          <select
            className="select select-small"
            aria-label="Model"
            value={input ?? ''}
            onChange={(event) => setInput(event.target.value, models?.find(({ sha256 }) => sha256 === event.target.value)?.name ?? '')}
          >
            <option value="" disabled>
              {models?.length === 0 ? 'none added yet' : 'choose one'}
            </option>
            {(models ?? []).map(({ sha256, name, version }) => (
              <option key={sha256} value={sha256}>
                {`${name} ${version}`}
              </option>
            ))}
          </select>
        </FieldRow>
        {!isAdding && (
          <Button tone="quiet" icon={Plus} onClick={() => setAdding(true)}>
            Add a model…
          </Button>
        )}
      </div>
      {isAdding && <AddModel onDone={() => setAdding(false)} />}
    </>
  )
}
