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

/** Memory that a detail takes while it is collected: so many times its text, and so much beside it. */
const DETAIL_TIMES = 4
const DETAIL_BYTES = 400

/** Collects the details of so many records; equal ones are written once. `hold` is told of the memory they take, and may throw. */
export class DetailWriter {
  private readonly starts: Int32Array
  private readonly ends: Int32Array
  private readonly pieces: Buffer[] = []
  private bytes = 0
  /** The first record of each key, by problem. */
  private readonly known = new Map<RecordProblem | undefined, Map<string | undefined, number>>()

  constructor(
    count: number,
    private readonly hold: (bytes: number) => void = () => undefined,
  ) {
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
  }

  /** The record has that partition key, or cannot be read, or both. */
  add(index: number, key: string | undefined, problem?: RecordProblem): void {
    let ofKeys = this.known.get(problem)
    if (ofKeys === undefined) this.known.set(problem, (ofKeys = new Map()))
    const known = ofKeys.get(key)
    if (known !== undefined) {
      this.starts[index] = this.starts[known]
      this.ends[index] = this.ends[known]
      return
    }
    ofKeys.set(key, index)
    const piece = Buffer.from(JSON.stringify({ p: key, c: problem?.code, m: problem?.message }))
    this.hold(DETAIL_TIMES * piece.length + DETAIL_BYTES)
    this.pieces.push(piece)
    this.starts[index] = this.bytes
    this.ends[index] = this.bytes += piece.length
  }

  /** What was collected; undefined where it is nothing. */
  finish(): RecordDetails | undefined {
    return this.bytes === 0 ? undefined : new RecordDetails(Buffer.concat(this.pieces, this.bytes), this.starts, this.ends)
  }
}
