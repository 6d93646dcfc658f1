// Broken invariants throw here; they are defects, never user input.

export class InvariantError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvariantError'
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** Marks a branch that types say cannot be reached. */
export const unreachable = (value: never): never => {
  throw new InvariantError(`unreachable: ${String(value)}`)
}
