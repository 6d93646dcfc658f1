// Where the file comes from, down to each stem: what it is, when it is heard, whether its own credentials hold.
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { VerifyIngredient } from '../../src-shared/protocol/index.ts'
import { ROLES } from '../../src-shared/remix/index.ts'
import { Badge, formatClock, IconButton, RoleMark, shortHash, type Tone, withKeys } from '../parts/index.ts'

const STATES: Readonly<Record<VerifyIngredient['state'], { readonly tone: Tone; readonly words: string }>> = {
  trusted: { tone: 'good', words: 'signed, trusted' },
  untrusted: { tone: 'limited', words: 'signer unknown' },
  changed: { tone: 'bad', words: 'changed' },
  'by-hash': { tone: 'neutral', words: 'named by hash' },
  unknown: { tone: 'limited', words: 'nothing known' },
}

const when = ({ range, usedMs }: VerifyIngredient): string => {
  const span = range ? `${formatClock(range.fromMs / 1000, 1)} to ${formatClock(range.toMs / 1000, 1)}` : ''
  return [span, usedMs === null ? '' : `${(usedMs / 1000).toFixed(1)} s heard`].filter(Boolean).join(' · ')
}

const nameOf = ({ urn, title }: VerifyIngredient): string => urn ?? title

const Branch = ({ ingredient, depth }: { ingredient: VerifyIngredient; depth: number }) => {
  const [isOpen, setIsOpen] = useState(depth < 2)
  const { tone, words } = STATES[ingredient.state]
  const hasMore = ingredient.ingredients.length > 0
  return (
    <li role="treeitem" aria-expanded={hasMore ? isOpen : undefined} aria-selected={false} tabIndex={-1}>
      <div className="branch" style={{ paddingLeft: depth * 20 }}>
        {hasMore ? (
          <IconButton
            icon={isOpen ? ChevronDown : ChevronRight}
            size={13}
            label={isOpen ? 'Fold' : 'Unfold'}
            onClick={() => setIsOpen(!isOpen)}
          />
        ) : (
          <span className="branch-leaf" aria-hidden />
        )}
        <RoleMark role={ROLES.find((role) => role === ingredient.role) ?? 'other'} label />
        <span className="branch-words">
          <span className="ellipsis" title={ingredient.title}>
            {ingredient.title}
          </span>
          <span className="muted ellipsis selectable" title={ingredient.urn ?? ingredient.contentSha256 ?? ''}>
            {[
              when(ingredient),
              ingredient.grant ? `grant ${shortHash(ingredient.grant.id)} v${ingredient.grant.version}` : '',
              ingredient.signer ?? '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
        <Badge tone={tone}>{words}</Badge>
      </div>
      {hasMore && isOpen && (
        // biome-ignore lint/a11y/useSemanticElements: a group of a tree.
        <ul role="group">
          {withKeys(ingredient.ingredients, nameOf).map(({ key, item }) => (
            <Branch key={key} ingredient={item} depth={depth + 1} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** The tree of ancestors. */
export const LineageTree = ({ title, ingredients }: { title: string; ingredients: readonly VerifyIngredient[] }) => (
  <div className="tree">
    <div className="tree-root ellipsis" title={title}>
      {title}
    </div>
    {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the tree pattern of ARIA is made of lists. */}
    <ul role="tree" aria-label="Lineage">
      {withKeys(ingredients, nameOf).map(({ key, item }) => (
        <Branch key={key} ingredient={item} depth={0} />
      ))}
    </ul>
  </div>
)
