// Apart from the schemas: threads that render need the number without the machinery that checks documents.

/** The sample rate every remix is rendered at. */
export const REMIX_SAMPLE_RATE = 48_000
