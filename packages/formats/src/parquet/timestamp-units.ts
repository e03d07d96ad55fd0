const MICROS_PER_DAY = 86_400_000_000
/** The Julian day number that begins at noon of 1970-01-01, as INT96 timestamps count. */
const JULIAN_EPOCH_DAY = 2_440_588
const WORD = 4_294_967_296
/** High words for which the 64-bit number is exact as a double. */
const EXACT_HIGH = 1 << 21

/** Microseconds as milliseconds, rounded down; two words a value. */
export function millisFromMicros(words: Int32Array, count: number): Int32Array {
  const millis = new Int32Array(count * 2)
  for (let i = 0; i < count; i++) {
    const low = words[2 * i] >>> 0
    const high = words[2 * i + 1]
    if (high >= -EXACT_HIGH && high < EXACT_HIGH) {
      const value = Math.floor((high * WORD + low) / 1000)
      const above = Math.floor(value / WORD)
      millis[2 * i] = value - above * WORD
      millis[2 * i + 1] = above
    } else {
      const value = floorDivide((BigInt(high) << 32n) | BigInt(low), 1000n)
      millis[2 * i] = Number(BigInt.asIntN(32, value))
      millis[2 * i + 1] = Number(value >> 32n)
    }
  }
  return millis
}

/**
 * Microseconds as INT96 timestamps of 12 bytes: nanoseconds of the day (64 bits), then the Julian day (32
 * bits), little-endian.
 */
export function int96Timestamps(words: Int32Array, count: number): Uint8Array {
  const bytes = new Uint8Array(count * 12)
  const out = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) {
    const low = words[2 * i] >>> 0
    const high = words[2 * i + 1]
    let day: number
    let microsOfDay: number
    if (high >= -EXACT_HIGH && high < EXACT_HIGH) {
      const micros = high * WORD + low
      day = Math.floor(micros / MICROS_PER_DAY)
      microsOfDay = micros - day * MICROS_PER_DAY
    } else {
      const micros = (BigInt(high) << 32n) | BigInt(low)
      const wholeDay = floorDivide(micros, BigInt(MICROS_PER_DAY))
      day = Number(wholeDay)
      microsOfDay = Number(micros - wholeDay * BigInt(MICROS_PER_DAY))
    }
    const nanos = microsOfDay * 1000
    out.setUint32(i * 12, nanos % WORD, true)
    out.setUint32(i * 12 + 4, Math.floor(nanos / WORD), true)
    out.setInt32(i * 12 + 8, day + JULIAN_EPOCH_DAY, true)
  }
  return bytes
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}
