// What a style listens to before it runs: all it can use, or less where its settings say so.
import type { RemixSnapshot } from '../../src-shared/remix/index.ts'
import type { StyleFacts } from './facts.ts'
import { type ParamValue, readParams, Settings, type Style, type StyleNeed } from './style.ts'

/** What a style uses with these settings; nothing where it does not take them. `facts` may hold the terms alone. */
export const needsOf = (
  style: Style,
  { params }: { readonly params?: Readonly<Record<string, ParamValue>> | undefined },
  snapshot: RemixSnapshot,
  facts: StyleFacts,
): readonly StyleNeed[] => {
  const { needs, needsWith, steps } = style
  if (!needsWith && !steps) return needs
  const read = readParams(style, params ?? {})
  if (!read.ok) return []
  const settings = new Settings(read.value)
  if (needsWith) return needsWith(settings, snapshot, facts)
  const parts = steps?.(settings, 1)
  return parts?.ok ? [...new Set(parts.value.flatMap((part) => needsOf(part.style, part.order, snapshot, facts)))] : []
}
