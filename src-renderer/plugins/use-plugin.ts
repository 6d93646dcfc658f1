// What a plugin editor asks for while it is open: the descriptor once, words and values again when something changed.
import { useEffect, useMemo, useState } from 'react'
import type { PluginDescriptor, PluginParameter } from '../../src-shared/plugins/index.ts'
import type { Device } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { describePlugin, pluginTexts, usePlugins } from '../state/index.ts'
import { settingOf } from './values.ts'

/** The descriptor of a plugin: null while it is asked for. */
export const useDescriptor = (
  plugin: Device['plugin'],
): { readonly descriptor: PluginDescriptor | null; readonly problem: Problem | null } => {
  const scannedAt = usePlugins((plugins) => plugins.list?.scannedAt)
  const [answer, setAnswer] = useState<{ descriptor: PluginDescriptor | null; problem: Problem | null }>({
    descriptor: null,
    problem: null,
  })
  const format = plugin?.format
  const id = plugin?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new scan may have found it
  useEffect(() => {
    if (format === undefined || id === undefined) return
    let isCurrent = true
    setAnswer({ descriptor: null, problem: null })
    void describePlugin({ format, id }).then((reply) => {
      if (isCurrent) setAnswer(reply.ok ? { descriptor: reply.value, problem: null } : { descriptor: null, problem: reply.error })
    })
    return () => {
      isCurrent = false
    }
  }, [format, id, scannedAt])
  return answer
}

/** Between two questions for words, while values move. */
const ASK_MS = 60
/** As many as one request may ask. */
const MOST_TEXTS = 500

export interface PluginWords {
  /** Values the plugin is at that nobody set here. */
  readonly values: Readonly<Record<string, number>>
  /** The plugin's words by parameter, with the value they stand for. */
  readonly texts: ReadonlyMap<string, { readonly value: number; readonly text: string }>
}

const NOTHING: PluginWords = { values: {}, texts: new Map() }

/** Words and values of a plugin that runs, for the parameters that are on view. */
export const usePluginWords = (device: Device, visible: readonly PluginParameter[]): PluginWords => {
  const [told, setTold] = useState(NOTHING)
  const changes = usePlugins((plugins) => plugins.changes[device.id] ?? 0)
  const isRunning = usePlugins((plugins) => plugins.statuses[device.id]?.state === 'ready')
  const wanted = useMemo(
    () =>
      visible
        .filter((parameter) => parameter.hasText && !parameter.isOutput)
        .slice(0, MOST_TEXTS)
        .map((parameter) => ({ parameter: parameter.id, value: settingOf(device, parameter, told.values) })),
    [device, visible, told.values],
  )
  const key = JSON.stringify([wanted, changes, isRunning, device.plugin?.stateSha256])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds all that matters by value
  useEffect(() => {
    if (!isRunning) return
    let isCurrent = true
    const set = device.params
    const timer = setTimeout(() => {
      void pluginTexts(device.id, wanted).then(({ texts, values: all }) => {
        if (!isCurrent) return
        // What is set here, or only tried by a knob that is held, is not the plugin's to say: it would outlive the gesture.
        const values = Object.fromEntries(Object.entries(all).filter(([id]) => !(id in set)))
        setTold((before) => {
          const next = new Map(before.texts)
          for (const [index, { parameter, value }] of wanted.entries()) {
            const text = texts[index]
            if (text) next.set(parameter, { value, text })
          }
          const isSame = JSON.stringify(before.values) === JSON.stringify(values)
          return { values: isSame ? before.values : values, texts: next }
        })
      })
    }, ASK_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [key])
  return told
}
