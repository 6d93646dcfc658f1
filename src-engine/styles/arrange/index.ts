// Styles that change the order of a song and who plays in it.
export * from './roles.ts'
export * from './shapes.ts'
