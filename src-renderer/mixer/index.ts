import './mixer.css'

export * from './device-words.ts'
export * from './level-meter.tsx'
export * from './mixer.tsx'
export * from './track-edits.ts'
