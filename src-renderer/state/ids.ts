/** A new record id. */
export const newId = (): string => crypto.randomUUID()
