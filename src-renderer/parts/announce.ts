// Says things to screen readers without moving the focus.
let region: HTMLElement | null = null

/** Reads a sentence aloud; a second call replaces the first. */
export const announce = (text: string): void => {
  if (!region) {
    region = document.createElement('div')
    region.className = 'visually-hidden'
    region.setAttribute('role', 'status')
    region.setAttribute('aria-live', 'polite')
    document.body.append(region)
  }
  region.textContent = text
}
