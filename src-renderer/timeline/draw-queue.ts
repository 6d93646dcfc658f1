// Waveforms are drawn a few at a time: a zoom over two hundred clips must not stop the page for a fifth of a second.
const BUDGET_MS = 6

const jobs = new Set<() => void>()
let handle = 0

const work = (): void => {
  const end = performance.now() + BUDGET_MS
  for (const job of jobs) {
    jobs.delete(job)
    job()
    if (performance.now() >= end) break
  }
  handle = jobs.size > 0 ? requestAnimationFrame(work) : 0
}

/** Runs a drawing job in one of the next frames; returns the way to call it off. */
export const enqueueDraw = (job: () => void): (() => void) => {
  jobs.add(job)
  if (handle === 0) handle = requestAnimationFrame(work)
  return () => jobs.delete(job)
}
