import './inspector.css'

export { Inspector } from './inspector.tsx'
export { Alternative, LicenceCard, modelName } from './says-card.tsx'
