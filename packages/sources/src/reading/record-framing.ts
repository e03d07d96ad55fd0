import { formatSize, StandpipeError, type Rejection } from '@standpipe/core'
import type { Framed, Framer } from '@standpipe/formats'
import { FramedBlock, type BlockOrigin, type BlockParts } from './framed-block.js'
import type { RecordFormat } from './record-format.js'
import { RecordHeads } from './record-heads.js'
import type { StreamPlace } from './stream-position.js'

/** Where to start cutting, and what is known of the stream. */
export interface RecordFramingOptions {
  readonly maxRecordBytes: number
  readonly place: StreamPlace
  /** Column names, where the header row lies before `place`. */
  readonly header?: readonly string[]
}

/**
 * Cuts one stream into blocks of records: takes the header row out, and turns what cannot be read whole (a
 * record that is too large, a quote or an array that never closes) into records with a problem, in their order.
 */
export class RecordFraming {
  private readonly framer: Framer
  private readonly heads = new RecordHeads()
  private offset: number
  private header: readonly string[] | undefined
  private lastLine: number
  private recordStart: number

  constructor(
    private readonly format: RecordFormat,
    private readonly options: RecordFramingOptions,
  ) {
    this.offset = options.place.offset
    this.recordStart = options.place.offset
    this.lastLine = options.place.line
    this.header = options.header
    this.framer = format.createFramer({ ...options.place, maxRecordBytes: options.maxRecordBytes })
  }

  /** Column names, once the header row was read. */
  get columns(): readonly string[] | undefined {
    return this.header
  }

  /** The records that end in `chunk`, or undefined where none does. The chunk belongs to the block from then on. */
  push(chunk: Uint8Array, origin: BlockOrigin): FramedBlock | undefined {
    this.heads.add(this.offset, chunk)
    this.offset += chunk.length
    return this.blockOf(this.framer.push(chunk), undefined, origin)
  }

  /** The record that the end of the stream ends, if there is one. */
  end(origin: BlockOrigin): FramedBlock | undefined {
    const { problem, ...framed } = this.framer.end()
    return this.blockOf(framed, problem, origin)
  }

  private blockOf(framed: Framed, cutOff: string | undefined, origin: BlockOrigin): FramedBlock | undefined {
    const whole: BlockParts = framed.oversized.length === 0 && cutOff === undefined ? framed : this.withProblems(framed, cutOff)
    if (whole.next.length > 0) this.recordStart = whole.next[whole.next.length - 1]
    this.heads.keepFrom(this.recordStart)
    const parts = this.withoutHeader(whole, origin)
    const count = parts.starts.length
    if (count === 0) return undefined
    this.lastLine = parts.lines[count - 1]
    return new FramedBlock(parts, origin, this.format, this.header)
  }

  private withoutHeader(parts: BlockParts, origin: BlockOrigin): BlockParts {
    if (!this.format.hasHeader || this.header !== undefined || parts.starts.length === 0) return parts
    const row = parts.bytes.subarray(parts.starts[0], parts.ends[0])
    const unread = parts.problems?.get(0)
    this.header = unread === undefined ? this.format.splitHeader(row) : undefined
    if (this.header === undefined) {
      const reason = unread?.message ?? 'its quotes do not match'
      throw new StandpipeError(`${origin.name}: the header row cannot be read: ${reason}`, { code: 'SOURCE_DATA_CORRUPT' })
    }
    const problems = new Map([...(parts.problems ?? [])].map(([index, found]) => [index - 1, found]))
    return {
      bytes: parts.bytes,
      starts: parts.starts.subarray(1),
      ends: parts.ends.subarray(1),
      next: parts.next.subarray(1),
      lines: parts.lines.subarray(1),
      problems,
    }
  }

  /** The rare case: what is left of unreadable records is appended to the buffer, and all are put in order. */
  private withProblems(framed: Framed, cutOff: string | undefined): BlockParts {
    const buffers = [framed.bytes]
    let length = framed.bytes.length
    const records = Array.from(framed.starts, (start, i) => ({
      start,
      end: framed.ends[i],
      next: framed.next[i],
      line: framed.lines[i],
      problem: undefined as Rejection | undefined,
    }))
    for (const { startOffset, endOffset, line } of framed.oversized) {
      const head = this.heads.read(startOffset, endOffset)
      buffers.push(head)
      records.push({ start: length, end: (length += head.length), next: endOffset, line, problem: this.tooLarge(endOffset - startOffset) })
    }
    records.sort((a, b) => a.next - b.next)
    if (cutOff !== undefined) {
      const problem = { code: 'Source.UnexpectedEnd', message: cutOff }
      const last = records.at(-1)
      if (last === undefined) records.push({ start: 0, end: 0, next: Math.max(this.offset, this.recordStart + 1), line: this.lastLine, problem })
      else if (last.problem === undefined) last.problem = problem
    }
    return {
      bytes: buffers.length === 1 ? framed.bytes : Buffer.concat(buffers),
      starts: Int32Array.from(records, (record) => record.start),
      ends: Int32Array.from(records, (record) => record.end),
      next: Float64Array.from(records, (record) => record.next),
      lines: Float64Array.from(records, (record) => record.line),
      problems: new Map(records.flatMap(({ problem }, i) => (problem === undefined ? [] : [[i, problem] as const]))),
    }
  }

  private tooLarge(bytes: number): Rejection {
    const limit = formatSize(this.options.maxRecordBytes)
    return { code: 'Source.RecordTooLarge', message: `the record has ${formatSize(bytes)}, more than maxRecord (${limit}); its beginning is kept` }
  }
}
