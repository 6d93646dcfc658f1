// What threads that carry sound may take of memory. Their sound lies outside the JavaScript heap: what they drop there is small and short-lived,
// and a young generation of the usual 48 MB would only be filled before anyone looks.

/** For the `resourceLimits` of such a thread. */
export const SOUND_THREAD_LIMITS = { maxYoungGenerationSizeMb: 3 } as const
