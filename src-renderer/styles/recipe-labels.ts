// What recipes of a remix are called.
import type { StyleInfo } from '../../src-shared/protocol/index.ts'
import type { Recipe } from '../../src-shared/remix/index.ts'

/** Names of the styles that were run, in order; one that is not known here keeps its id. */
export const recipeLabels = (recipes: readonly Recipe[], styles: readonly StyleInfo[]): readonly string[] =>
  recipes.map(({ style, params }) => {
    if (style === 'words') return `“${String(params.text ?? '')}”`
    if (style === 'own') return String(params.name ?? 'Own style')
    return styles.find(({ id }) => id === style)?.label ?? style
  })
