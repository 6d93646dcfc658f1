// One animation frame for everything that draws in time: playhead, position, meters. Idle while nobody listens.
const drawers = new Set<(now: number) => void>()
let handle = 0

const tick = (now: number): void => {
  for (const draw of drawers) draw(now)
  handle = drawers.size > 0 ? requestAnimationFrame(tick) : 0
}

/** Calls back on every frame until the returned function is called. */
export const onFrame = (draw: (now: number) => void): (() => void) => {
  drawers.add(draw)
  if (handle === 0) handle = requestAnimationFrame(tick)
  return () => drawers.delete(draw)
}
