import '@fontsource-variable/inter'
import './tokens.css'
import './base.css'

export * from './apply-theme.ts'
export * from './role-look.ts'
