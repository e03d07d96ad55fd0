const MICROS_PER_SECOND = 1_000_000
const BIG_SECOND = 1_000_000n

/** Microseconds since the epoch of a whole second and the microseconds (0 to 999,999) within it. */
export function joinMicros(seconds: number, fraction: number): bigint {
  const micros = seconds * MICROS_PER_SECOND + fraction
  return Number.isSafeInteger(micros) ? BigInt(micros) : BigInt(seconds) * BIG_SECOND + BigInt(fraction)
}

/** The whole second (rounded down) of microseconds since the epoch. */
export function secondsOfMicros(micros: bigint): number {
  const approximate = Number(micros)
  if (Number.isSafeInteger(approximate)) return Math.floor(approximate / MICROS_PER_SECOND)
  const seconds = micros / BIG_SECOND
  return Number(micros < 0n && seconds * BIG_SECOND !== micros ? seconds - 1n : seconds)
}

/** The microseconds (0 to 999,999) within the second that {@link secondsOfMicros} gives. */
export function fractionOfMicros(micros: bigint): number {
  const fraction = Number(micros % BIG_SECOND)
  return fraction < 0 ? fraction + MICROS_PER_SECOND : fraction
}
