import { StandpipeError, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import type { JournalEntry } from './entry.js'
import type { Journal } from './journal.js'
import { LaneRecords } from './journal-block.js'
import { laneShard } from './lanes.js'
import { comparePlaces, parsePosition, type Place, type RecordPlace } from './place.js'
import type { JournalReader } from './readers.js'
import type { Settlement } from './settlement.js'

/** What reading a journal needs. */
export interface JournalReading {
  readonly journal: Journal
  readonly reader: JournalReader
  readonly runtime: SourceRuntime
  /** Told what is read and settled, where requests wait for it. */
  readonly settlement?: Settlement
  /** Called once when the pipeline drains: resolves when nothing more is appended. */
  readonly stopAppending: () => Promise<void>
}

/**
 * Reads a journal after the checkpoints of its shards, and then what is appended, as it comes. When the pipeline
 * drains, what is left is safe for the next run: a backlog is left at once, and of what came in the meantime a
 * batch is given. Where requests wait for settlement, all there is is given.
 */
export async function* readJournal(reading: JournalReading): AsyncGenerator<SourceEvent> {
  const { journal, reader, runtime, settlement } = reading
  const stop = AbortSignal.any([runtime.stopping, runtime.signal])
  const lanes = new Lanes(reading)
  let cursor: Place = reader.start((shard) => runtime.checkpoint(shard))
  settlement?.begin(cursor)
  let ending = false
  while (!runtime.signal.aborted) {
    for await (const { place, next, entry } of journal.read(cursor)) {
      settlement?.noteEntry(place, next, lanes.countUnsettled(place, entry))
      for (let index = 0; index < entry.records.length; index++) {
        const lane = lanes.of(entry.stream, entry.records[index].lane)
        if (lane.isSettled(place, index)) continue
        if (!lane.records.fits(entry.header)) yield lanes.take(lane)
        lane.records.add(place, index, entry)
        if (!lanes.collect(entry.records[index].payload.length)) continue
        yield* lanes.takeAll()
        if (stop.aborted && settlement === undefined) return
      }
      cursor = next
      if (lanes.isEmpty) reader.notePassed(cursor)
    }
    yield* lanes.takeAll()
    reader.notePassed(cursor)
    if (ending) return
    if (!stop.aborted && !journal.hasEntriesFrom(cursor)) await journal.appended(stop)
    if (stop.aborted) {
      await reading.stopAppending()
      ending = true
    }
  }
}

interface Lane {
  readonly records: LaneRecords
  isSettled(place: Place, index: number): boolean
}

/** What is collected of each lane for the next batches. */
class Lanes {
  private readonly lanes = new Map<string, Lane>()
  private collectedBytes = 0

  constructor(private readonly reading: JournalReading) {}

  of(stream: string, number: number): Lane {
    const shard = laneShard(stream, number)
    let lane = this.lanes.get(shard)
    if (lane === undefined) {
      const settled = settledUpTo(this.reading, shard)
      lane = {
        records: new LaneRecords(shard),
        isSettled: (place, index) => settled !== undefined && (comparePlaces(place, settled) || index - settled.index) <= 0,
      }
      this.lanes.set(shard, lane)
    }
    return lane
  }

  /** Records of an entry that were not settled in an earlier run. */
  countUnsettled(place: Place, entry: JournalEntry): number {
    return entry.records.filter((record, index) => !this.of(entry.stream, record.lane).isSettled(place, index)).length
  }

  get isEmpty(): boolean {
    return [...this.lanes.values()].every(({ records }) => records.isEmpty)
  }

  /** Counts what was added; returns whether it is enough for a batch. */
  collect(bytes: number): boolean {
    this.collectedBytes += bytes
    return this.collectedBytes >= this.reading.runtime.batchBytes
  }

  take({ records }: Lane): SourceEvent {
    const { reader, settlement } = this.reading
    const { event, entries } = records.take()
    reader.noteRead(event.shard, event.records.position(0), event.records.position(event.records.count - 1))
    return settlement === undefined ? event : { ...event, settled: () => settlement.settled(entries) }
  }

  *takeAll(): Generator<SourceEvent> {
    this.collectedBytes = 0
    for (const lane of this.lanes.values()) if (!lane.records.isEmpty) yield this.take(lane)
  }
}

function settledUpTo({ journal, runtime }: JournalReading, shard: string): RecordPlace | undefined {
  const checkpoint = runtime.checkpoint(shard)
  if (checkpoint === undefined) return undefined
  const place = parsePosition(checkpoint)
  if (place.segment > journal.end.segment && journal.end.segment > 0) {
    throw new StandpipeError(
      `the checkpoint of ${shard} lies beyond the end of the journal: an older journal was put in its place, so it cannot be told what of it is delivered`,
      { code: 'SOURCE_DATA_CORRUPT', component: 'journal' },
    )
  }
  return place
}
