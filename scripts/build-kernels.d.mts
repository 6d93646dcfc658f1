/** Path of the compiled kernels. */
export const KERNELS_WASM: string
/** Builds the kernels if they are missing or out of date (always with `force`); returns whether it did. Throws if they do not compile. */
export function buildKernels(options?: { readonly force?: boolean }): boolean
