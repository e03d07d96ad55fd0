import type { PayloadBlock } from '@standpipe/core/model'

/** Records of these payloads, in one block, for tests. */
export function recordsOf(payloads: readonly (string | Uint8Array)[], header?: readonly string[]): PayloadBlock {
  const parts = payloads.map((payload) => (typeof payload === 'string' ? Buffer.from(payload) : payload))
  const bytes = Buffer.concat(parts)
  const starts = new Int32Array(parts.length)
  const ends = new Int32Array(parts.length)
  let at = 0
  parts.forEach((part, i) => {
    starts[i] = at
    ends[i] = at += part.length
  })
  return {
    count: parts.length,
    bytes,
    starts,
    ends,
    header,
    payload: (i) => bytes.subarray(starts[i], ends[i]),
    position: (i) => String(i),
    arrival: () => 0,
    origin: (i) => `record ${i}`,
  }
}
