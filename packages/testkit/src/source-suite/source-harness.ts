import type { Clock, Source } from '@standpipe/core'

/** What the suite needs to try a source. Made anew for each test; every one must present the same records. */
export interface SourceHarness {
  readonly source: Source
  /** Payload bytes the source is asked to put in a batch; small, so that there are several batches a shard. */
  readonly batchBytes?: number
  /** A clock that the source may wait on; without one, a {@link TestClock} that `pass` moves. */
  readonly clock?: Clock
  /** Records to read of a source that does not end; the suite stops it then. */
  readonly records?: number
  /** Bytes taken from the other side so far, where that can be seen: the suite holds it to what was asked for. */
  takenBytes?(): number
  close?(): Promise<void>
}
