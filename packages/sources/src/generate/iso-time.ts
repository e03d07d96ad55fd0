const DAY_MS = 86_400_000

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const THREE_DIGITS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

/** Formats times as `2026-03-02T06:00:00.000Z`; quick where many fall on the same days. */
export function createIsoFormatter(): (ms: number) => string {
  let day = Number.NaN
  let prefix = ''
  return (ms) => {
    const ofDay = Math.floor(ms / DAY_MS)
    if (ofDay !== day) {
      day = ofDay
      prefix = new Date(ofDay * DAY_MS).toISOString().slice(0, 11)
    }
    const rest = ms - ofDay * DAY_MS
    const seconds = Math.floor(rest / 1000)
    const minutes = Math.floor(seconds / 60)
    return `${prefix}${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[Math.floor(rest % 1000)]}Z`
  }
}
