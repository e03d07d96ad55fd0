const UNITS: Readonly<Record<string, number>> = { h: 3_600_000_000, m: 60_000_000, s: 1_000_000, ms: 1_000, us: 1, µs: 1, ns: 0.001 }
const WHOLE = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|us|µs|ns|m|s))+)$/
const PART = /(\d*)(?:\.(\d*))?(h|ms|us|µs|ns|m|s)/g

/** Reads `1h30m`, `-1.5s`, `250ms` as microseconds; undefined where the text is no duration. Parts of a microsecond are cut. */
export function parseDuration(text: string): bigint | undefined {
  if (text.length > 128 || !WHOLE.test(text)) return undefined
  let nanos = 0n
  for (const [, whole, fraction = '', unit] of text.matchAll(PART)) {
    const unitNanos = BigInt(UNITS[unit] * 1000)
    const digits = fraction.slice(0, 18)
    nanos += BigInt(whole || '0') * unitNanos + (BigInt(digits || '0') * unitNanos) / 10n ** BigInt(digits.length)
  }
  const micros = nanos / 1000n
  return text.startsWith('-') ? -micros : micros
}

/** Seconds, as CEL writes durations: `5400s`, `-0.25s`. */
export function formatDurationSeconds(micros: bigint): string {
  const magnitude = micros < 0n ? -micros : micros
  const fraction = (magnitude % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '')
  return `${micros < 0n ? '-' : ''}${magnitude / 1_000_000n}${fraction === '' ? '' : `.${fraction}`}s`
}
