/** Work between turns of the event loop, in bytes that are looked at. */
const TURN_BYTES = 1024 * 1024
/** Work that a record makes beside its bytes, as many bytes' worth. */
const RECORD_BYTES = 128

/** Counts work that holds up all requests, so that it is laid down in time for others. */
export class Turns {
  private left = TURN_BYTES

  /** Notes the work on a record of so many bytes. Returns whether it is time to let others have a turn. */
  isOver(recordBytes: number): boolean {
    this.left -= recordBytes + RECORD_BYTES
    if (this.left > 0) return false
    this.left = TURN_BYTES
    return true
  }
}
