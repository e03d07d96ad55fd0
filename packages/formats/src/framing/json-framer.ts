import type { Framer, FramerOptions } from './framer.js'
import { RecordCuts } from './record-cuts.js'

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
/** 1 for the bytes that change where we are inside an object or list. */
const MEANING = new Uint8Array(256)
for (const byte of [NEWLINE, QUOTE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT]) MEANING[byte] = 1

/**
 * A record a JSON value: each element of a top-level array of any size, each other top-level value, on one line
 * or over many. What is no JSON between values becomes a record as well, so that the decoder rejects it by name.
 * Reading may resume after any record, also inside an array: a `,` or `]` then tells that it was inside (where a comma is missing, it cannot).
 */
export function createJsonArrayFramer(options: FramerOptions): Framer {
  const cuts = new RecordCuts(options)
  let line = options.line ?? 1
  let resumed = cuts.offset > 0
  let inArray = false
  let arrayLine = line
  /** Where the record that is open started; -1 between records. */
  let start = -1
  let startLine = line
  /** Objects and lists open within the record; a record at depth 0 is a scalar. */
  let depth = 0
  let inString = false
  let escaped = false

  const close = (end: number): void => {
    cuts.add(start, end, end, startLine)
    start = -1
    depth = 0
    inString = false
  }
  const open = (at: number, byte: number): void => {
    start = at
    startLine = line
    resumed = false
    inString = byte === QUOTE
    depth = byte === OPEN_OBJECT || byte === OPEN_LIST ? 1 : 0
  }
  /** A byte between records. */
  const between = (at: number, byte: number): void => {
    if (byte <= SPACE) return
    if (byte === OPEN_LIST && !inArray) {
      inArray = true
      resumed = false
      arrayLine = line
    } else if (byte === COMMA && (inArray || resumed)) {
      inArray = true
      resumed = false
    } else if (byte === CLOSE_LIST && (inArray || resumed)) {
      inArray = false
      resumed = false
    } else open(at, byte)
  }
  /** A byte of the open record outside its strings. */
  const within = (at: number, byte: number): void => {
    if (depth === 0) {
      if (byte <= SPACE || byte === COMMA || byte === CLOSE_LIST || byte === OPEN_OBJECT || byte === OPEN_LIST || byte === QUOTE) {
        close(at)
        between(at, byte)
      }
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (--depth === 0) close(at + 1)
    }
  }
  /** Index of the first byte from `at` on that means something: the common ones are passed over in one go. */
  const skip = (chunk: Uint8Array, at: number): number => {
    if (start < 0 || escaped) return at
    let i = at
    if (inString) {
      while (i < chunk.length && chunk[i] !== QUOTE && chunk[i] !== BACKSLASH && chunk[i] !== NEWLINE) i++
    } else if (depth > 0) {
      while (i < chunk.length && MEANING[chunk[i]] === 0) i++
    }
    return i
  }
  return {
    push(chunk) {
      const from = cuts.offset
      for (let i = skip(chunk, 0); i < chunk.length; i = skip(chunk, i + 1)) {
        const byte = chunk[i]
        if (byte === NEWLINE) line++
        if (start < 0) between(from + i, byte)
        else if (!inString) within(from + i, byte)
        else if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          inString = false
          if (depth === 0) close(from + i + 1)
        }
      }
      return cuts.take(chunk, start)
    },
    end() {
      const unclosed = start >= 0 && (depth > 0 || inString)
      const problem = unclosed
        ? `the value that starts at line ${startLine} is not closed`
        : inArray
          ? `the array that starts at line ${arrayLine} is not closed`
          : undefined
      if (start >= 0) close(cuts.offset)
      return { ...cuts.take(new Uint8Array(0), -1), problem }
    },
  }
}
