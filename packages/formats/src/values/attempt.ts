/** What happens while one record is written into columns. One value serves a batch; {@link begin} starts each record. */
export class Attempt {
  /** Whether the values carry their source text where a double would lose some of it. */
  fromSource = false
  /** Nothing more is to be written: the record failed, or is wanted again with its source text. */
  failed = false
  /** Why the record cannot be taken; undefined in a failed attempt where it is wanted again with its source text. */
  reason: string | undefined
  /** Values read as null because they did not fit. */
  mismatches = 0
  /** Fields seen that the schema does not name. */
  unknownFields = 0

  /** `nullOnMismatch`: a value that does not fit a nullable field is read as null. */
  constructor(readonly nullOnMismatch: boolean) {}

  begin(fromSource: boolean): void {
    this.fromSource = fromSource
    this.failed = false
    this.reason = undefined
    this.mismatches = 0
    this.unknownFields = 0
  }

  /** The record cannot be taken. Returns false, for the caller to pass on. */
  fail(reason: string): false {
    this.failed = true
    this.reason = reason
    return false
  }

  /** The record is wanted again, read with source text. Returns false, for the caller to pass on. */
  askForSource(): false {
    this.failed = true
    return false
  }
}
