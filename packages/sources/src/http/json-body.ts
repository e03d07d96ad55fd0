import { setImmediate } from 'node:timers/promises'
import { createJsonArrayFramer, createLineFramer } from '@standpipe/formats'
import type { BodyReading } from './body-reading.js'
import { cutFrames } from './cut-frames.js'
import { endOfJson, skipBlanks } from './json-check.js'
import { jsonField } from './json-field.js'
import { TURN_BYTES, type RecordRanges } from './record-ranges.js'

const COMMA = ','.charCodeAt(0)
const OPEN_LIST = '['.charCodeAt(0)
const CLOSE_LIST = ']'.charCodeAt(0)

/** `application/json`: one record, or an array of them. */
export const JSON_BODY: BodyReading = {
  hasHeader: false,
  isOneRecord: (body) => body[skipBlanks(body, 0, body.length)] !== OPEN_LIST,
  async cut(body, ranges, maxRecordBytes) {
    if (await cutArray(body, ranges, maxRecordBytes)) return { areRead: true }
    // Something in it is bad: cut by brackets and quotes alone, its neighbours are still found.
    ranges.cutTo(0)
    return { areRead: false, problem: await cutFrames(body, createJsonArrayFramer, ranges) }
  },
  problemOf,
  fieldOf: (body, start, end, _header, field) => jsonField(body, start, end, field),
}

/** JSON lines. */
export const JSON_LINES_BODY: BodyReading = {
  ...JSON_BODY,
  isOneRecord: () => false,
  cut: async (body, ranges) => ({ areRead: false, problem: await cutFrames(body, createLineFramer, ranges) }),
}

/** Cuts an array that is right in every byte; false where it is not, or where a record is too large to be looked at. */
async function cutArray(body: Buffer, ranges: RecordRanges, maxRecordBytes: number): Promise<boolean> {
  const { length } = body
  let at = skipBlanks(body, skipBlanks(body, 0, length) + 1, length)
  if (body[at] === CLOSE_LIST) return skipBlanks(body, at + 1, length) === length
  for (let turnAt = TURN_BYTES; ; at = skipBlanks(body, at + 1, length)) {
    const end = endOfJson(body, at, Math.min(length, at + maxRecordBytes + 1))
    if (end < 0 || end - at > maxRecordBytes) return false
    ranges.add(at, end)
    at = skipBlanks(body, end, length)
    if (body[at] === CLOSE_LIST) return skipBlanks(body, at + 1, length) === length
    if (body[at] !== COMMA) return false
    if (at < turnAt) continue
    turnAt = at + TURN_BYTES
    await setImmediate()
  }
}

function problemOf(body: Buffer, start: number, end: number): string | undefined {
  const stop = endOfJson(body, skipBlanks(body, start, end), end)
  if (stop >= 0 && skipBlanks(body, stop, end) === end) return undefined
  try {
    JSON.parse(body.toString('utf8', start, end))
    return undefined
  } catch {
    // Its message would hold a piece of the record.
    return 'not valid JSON'
  }
}
