// Branded primitives: a number or string that cannot be mixed up with another of the same shape.

declare const brand: unique symbol

export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
