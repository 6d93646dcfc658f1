// A role's own mark in its colour.
import type { Role } from '../../src-shared/remix/index.ts'
import { ROLE_WORDS, roleColor, roleMark } from '../theme/index.ts'

/** The mark of a role; with `label` it also says the role to screen readers. */
export const RoleMark = ({ role, size = 13, label = false }: { role: Role; size?: number; label?: boolean }) => {
  const Icon = roleMark(role)
  return (
    <span className="role-mark" style={{ color: roleColor(role) }} title={ROLE_WORDS[role]}>
      <Icon size={size} aria-hidden />
      {label && <span className="visually-hidden">{ROLE_WORDS[role]}</span>}
    </span>
  )
}
