/** A record on its way to a stream. */
export interface StreamRecord {
  readonly bytes: Uint8Array
  readonly partitionKey: string
  readonly explicitHashKey: string | undefined
  /** Of what Kinesis counts: the data and the partition key. */
  readonly sizeBytes: number
}

/** Bounds of one request. */
export interface RequestLimits {
  readonly records: number
  readonly bytes: number
  /** Whether the record may go now; asked once for each record that would fit. */
  admit(record: StreamRecord): boolean
}

/** Records of one key, in their order; only the first of them may be under way. */
interface Lane {
  readonly records: StreamRecord[]
  next: number
}

/** A record that was taken into a request; given back by `accepted` or `refused`. */
export interface TakenRecord {
  readonly record: StreamRecord
  readonly lane: object
}

/**
 * The records of a batch that Kinesis does not have yet. Of each key only the first is ever handed out, and the
 * next one only once that one was accepted: so a key's records are in different requests, and none overtakes another.
 */
export class PendingRecords {
  /** Lanes whose first record may be taken. */
  private ready: Lane[] = []
  private left = 0

  /** With `ordered` false every record has a lane to itself. */
  constructor(records: readonly StreamRecord[], ordered: boolean) {
    this.left = records.length
    if (!ordered) {
      this.ready = records.map((record) => ({ records: [record], next: 0 }))
      return
    }
    const lanes = new Map<string, Lane>()
    for (const record of records) {
      const lane = lanes.get(record.partitionKey)
      if (lane === undefined) lanes.set(record.partitionKey, { records: [record], next: 0 })
      else lane.records.push(record)
    }
    this.ready = [...lanes.values()]
  }

  /** Whether Kinesis has all records. */
  get done(): boolean {
    return this.left === 0
  }

  /** Whether some record could be taken, limits aside. */
  get waiting(): boolean {
    return this.ready.length > 0
  }

  /** Takes what one request may hold; empty where nothing is ready or nothing is admitted. */
  take(limits: RequestLimits): TakenRecord[] {
    const taken: TakenRecord[] = []
    const later: Lane[] = []
    let bytes = 0
    let index = 0
    for (; index < this.ready.length && taken.length < limits.records; index++) {
      const lane = this.ready[index]
      const record = lane.records[lane.next]
      // A record longer than the limit of a request goes alone.
      if (taken.length > 0 && bytes + record.sizeBytes > limits.bytes) break
      if (!limits.admit(record)) {
        later.push(lane)
        continue
      }
      bytes += record.sizeBytes
      taken.push({ record, lane })
    }
    this.ready = [...later, ...this.ready.slice(index)]
    return taken
  }

  /** Kinesis has it. */
  accepted({ lane }: TakenRecord): void {
    const of = lane as Lane
    this.left -= 1
    of.next += 1
    if (of.next < of.records.length) this.ready.push(of)
  }

  /** Kinesis does not have it, as far as is known: it may be taken again, before the rest. */
  refused(taken: readonly TakenRecord[]): void {
    this.ready.unshift(...taken.map(({ lane }) => lane as Lane))
  }
}
