import type { PayloadBlock, Position } from '@standpipe/core'
import { PayloadRanges, type PayloadParts } from './payload-ranges.js'
import type { RecordFormat } from './record-format.js'
import { formatPlace } from './stream-position.js'

/** What a block says of its records beside their bytes. */
export interface BlockOrigin {
  /** For people: the file's path, `stdin`. */
  readonly name: string
  /** Identifies the stream in positions; may be empty. */
  readonly stream: string
  readonly arrivalMs: number
}

/** The parallel arrays of a block; see `Framed` of @standpipe/formats. */
export interface BlockParts extends PayloadParts {
  readonly next: Float64Array
  readonly lines: Float64Array
}

const LINE_FEED = 10

/** The records of one framed chunk: ranges of its buffer, without copies. Positions are made when asked for. */
export class FramedBlock extends PayloadRanges implements PayloadBlock {
  constructor(
    private readonly parts: BlockParts,
    private readonly from: BlockOrigin,
    private readonly framing: Pick<RecordFormat, 'spansLines' | 'endsWithLine'>,
    readonly header?: readonly string[],
  ) {
    super(parts)
  }

  position(index: number): Position {
    return formatPlace(this.parts.next[index], this.lineAfter(index), this.from.stream)
  }

  arrival(): number {
    return this.from.arrivalMs
  }

  origin(index: number): string {
    return `${this.from.name} line ${this.parts.lines[index]}`
  }

  private lineAfter(index: number): number {
    let line = this.parts.lines[index]
    if (this.framing.spansLines) {
      for (let i = this.starts[index]; i < this.ends[index]; i++) if (this.bytes[i] === LINE_FEED) line++
    }
    return this.framing.endsWithLine ? line + 1 : line
  }
}
