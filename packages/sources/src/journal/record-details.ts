/** Why a record cannot be read: it is kept to become a dead letter. */
export interface RecordProblem {
  readonly code: string
  readonly message: string
}

/** Partition keys and problems of records, as the JSON that is stored: it is parsed when it is asked for, and most pipelines never ask. */
export class RecordDetails {
  constructor(
    /** The detail of record `i` is `bytes[starts[i], ends[i])`; empty where it has none. */
    readonly bytes: Buffer,
    readonly starts: Int32Array,
    readonly ends: Int32Array,
  ) {}

  /** Partition key of a record. */
  partitionKey(index: number): string | undefined {
    return this.read(index)?.p
  }

  /** Problem of a record. */
  problem(index: number): RecordProblem | undefined {
    // In the text of a key the quotes would be escaped.
    if (!this.bytes.subarray(this.starts[index], this.ends[index]).includes('"c":')) return undefined
    const detail = this.read(index)
    return detail?.c === undefined ? undefined : { code: detail.c, message: detail.m ?? '' }
  }

  private read(index: number): { readonly p?: string; readonly c?: string; readonly m?: string } | undefined {
    const [start, end] = [this.starts[index], this.ends[index]]
    return start === end ? undefined : (JSON.parse(this.bytes.toString('utf8', start, end)) as { p?: string; c?: string; m?: string })
  }
}

/** Collects the details of so many records; equal keys are written once. */
export class DetailWriter {
  private readonly starts: Int32Array
  private readonly ends: Int32Array
  private readonly pieces: Buffer[] = []
  private bytes = 0
  private readonly ofKeys = new Map<string, number>()

  constructor(count: number) {
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
  }

  /** The record has that partition key, and nothing else to tell. */
  key(index: number, key: string): void {
    const known = this.ofKeys.get(key)
    if (known === undefined) {
      this.write(index, { p: key })
      this.ofKeys.set(key, index)
    } else {
      this.starts[index] = this.starts[known]
      this.ends[index] = this.ends[known]
    }
  }

  /** The record cannot be read. */
  problem(index: number, key: string | undefined, { code, message }: RecordProblem): void {
    this.write(index, { p: key, c: code, m: message })
  }

  /** What was collected; undefined where it is nothing. */
  finish(): RecordDetails | undefined {
    return this.bytes === 0 ? undefined : new RecordDetails(Buffer.concat(this.pieces, this.bytes), this.starts, this.ends)
  }

  private write(index: number, detail: object): void {
    const piece = Buffer.from(JSON.stringify(detail))
    this.pieces.push(piece)
    this.starts[index] = this.bytes
    this.ends[index] = this.bytes += piece.length
  }
}
