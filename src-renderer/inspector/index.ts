import './inspector.css'

export { Inspector } from './inspector.tsx'
export { LicenceCard, modelName } from './says-card.tsx'
