// Numbers as people read them. One place, so that a level looks the same in the mixer, the inspector and the export sheet.
const MINUS = '−'

const signed = (text: string): string => (text.startsWith('-') ? MINUS + text.slice(1) : text)

/** `+1.5`, `−6.0`, `−∞`; in dB. */
export const formatDb = (db: number): string =>
  db <= -143.9 ? `${MINUS}∞` : `${db > 0.04 ? '+' : ''}${signed((Math.abs(db) < 0.05 ? 0 : db).toFixed(1))}`

/** `−14.1`, or a dash where there was nothing to measure. */
export const formatLevel = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '–' : signed(value.toFixed(1).replace(/^-0\.0$/, '0.0'))

/** `C`, `L 30`, `R 100`, from -1 … 1. */
export const formatPan = (pan: number): string =>
  Math.abs(pan) < 0.005 ? 'C' : `${pan < 0 ? 'L' : 'R'} ${Math.round(Math.abs(pan) * 100)}`

/** `1:52.640` of seconds. */
export const formatClock = (seconds: number, decimals = 3): string => {
  const safe = Math.max(0, seconds)
  const minutes = Math.floor(safe / 60)
  const rest = (safe - minutes * 60).toFixed(decimals)
  return `${minutes}:${rest.padStart(decimals > 0 ? 3 + decimals : 2, '0')}`
}

/** `2.4 MB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = ''
  for (const next of units) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** `8 bars`, `1 stem`. */
export const countOf = (count: number, word: string, many = `${word}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? word : many}`

/** `90.00` of thousandths of a BPM. */
export const formatBpm = (milliBpm: number): string => (milliBpm / 1000).toFixed(2)

/** `today 14:05`, `3 Nov 14:05`, `3 Nov 2024` of an ISO time. */
export const formatMoment = (iso: string, now = new Date()): string => {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const clock = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (at.toDateString() === now.toDateString()) return `today ${clock}`
  const day = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  return at.getFullYear() === now.getFullYear() ? `${day}, ${clock}` : `${day} ${at.getFullYear()}`
}

/** `6 d 4 h`, `35 min`, `ended` until an ISO time. */
export const formatLeft = (iso: string, now = Date.now()): string => {
  const minutes = Math.floor((new Date(iso).getTime() - now) / 60_000)
  if (Number.isNaN(minutes)) return iso
  if (minutes < 0) return 'ended'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** First and last signs of a long hash or URN, for reading; the whole goes into a tooltip. */
export const shortHash = (text: string): string => {
  const plain = text.replace(/^(sha256:|urn:uuid:|urn:c2pa:)/, '')
  return plain.length <= 18 ? plain : `${plain.slice(0, 8)}…${plain.slice(-6)}`
}

/** The scope of an export in words: `personal-use` reads as `personal use`. */
export const scopeWords = (scope: string): string => scope.replaceAll('-', ' ')
