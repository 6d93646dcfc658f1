// Styles that change how a remix sounds, and the touches they share with others.
export * from './band-styles.ts'
export * from './beat-styles.ts'
export * from './tempo-styles.ts'
export * from './touch.ts'
