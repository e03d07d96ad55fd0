import { setImmediate } from 'node:timers/promises'
import { createJsonArrayFramer, createLineFramer } from '@standpipe/formats'
import type { BodyReading } from './body-reading.js'
import { cutFrames } from './cut-frames.js'
import { endOfJson, skipBlanks } from './json-check.js'
import { jsonField } from './json-field.js'
import type { RecordRanges } from './record-ranges.js'
import { Turns } from './turns.js'

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
    return { areRead: false, problem: await cutFrames(body, createJsonArrayFramer, ranges, maxRecordBytes) }
  },
  problemOf,
  fieldOf: (body, start, end, _header, field) => jsonField(body, start, end, field),
}

/** JSON lines. */
export const JSON_LINES_BODY: BodyReading = {
  ...JSON_BODY,
  isOneRecord: () => false,
  cut: async (body, ranges, maxRecordBytes) => ({ areRead: false, problem: await cutFrames(body, createLineFramer, ranges, maxRecordBytes) }),
}

/** Cuts an array that is right in every byte; false where it is not, or where a record is too large to be looked at. */
async function cutArray(body: Buffer, ranges: RecordRanges, maxRecordBytes: number): Promise<boolean> {
  const { length } = body
  let at = skipBlanks(body, skipBlanks(body, 0, length) + 1, length)
  if (body[at] === CLOSE_LIST) return skipBlanks(body, at + 1, length) === length
  for (const turns = new Turns(); ; at = skipBlanks(body, at + 1, length)) {
    const start = at
    const end = endOfJson(body, start, Math.min(length, start + maxRecordBytes + 1))
    if (end < 0 || end - start > maxRecordBytes) return false
    ranges.add(start, end)
    at = skipBlanks(body, end, length)
    if (body[at] === CLOSE_LIST) return skipBlanks(body, at + 1, length) === length
    if (body[at] !== COMMA) return false
    if (turns.isOver(at - start)) await setImmediate()
  }
}

function problemOf(body: Buffer, start: number, end: number): string | undefined {
  const stop = endOfJson(body, skipBlanks(body, start, end), end)
  return stop >= 0 && skipBlanks(body, stop, end) === end ? undefined : 'not valid JSON'
}
