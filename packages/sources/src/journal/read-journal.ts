import { StandpipeError, type Source, type SourceEvent, type SourceRuntime } from '@standpipe/core'
import type { JournalEntry } from './entry.js'
import type { Journal } from './journal.js'
import { LaneRecords, RECORD_BYTES } from './journal-block.js'
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
  /** Record streams whose format is their own: the blocks of each name it, by the name of the stream. */
  readonly formats?: Source['formats']
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
  for await (const entries of journal.follow(cursor)) {
    if (runtime.signal.aborted) return
    for (const { place, next, entry } of entries) {
      const { count, lanes: numbers } = entry.records
      settlement?.noteEntry(place, next, lanes.countUnsettled(place, entry))
      const ofStream = lanes.of(entry.stream)
      for (let index = 0; index < count; index++) {
        const lane = ofStream(numbers?.[index] ?? 0)
        if (lane.isSettled(place, index)) continue
        if (!lane.records.fits(entry.header)) yield lanes.take(lane)
        if (!lanes.add(lane, place, index, entry)) continue
        yield* lanes.takeAll()
        if (stop.aborted && settlement === undefined) return
      }
      cursor = next
      if (lanes.isEmpty) reader.notePassed(cursor)
    }
    if (entries.length > 0) continue
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
  /** By stream and number. */
  private readonly streams = new Map<string, Lane[]>()
  private readonly begun: Lane[] = []
  private collectedBytes = 0

  constructor(private readonly reading: JournalReading) {}

  /** The lanes of a stream, by number. */
  of(stream: string): (number: number) => Lane {
    let known = this.streams.get(stream)
    if (known === undefined) this.streams.set(stream, (known = []))
    const ofStream = known
    return (number) => (ofStream[number] ??= this.begin(stream, number))
  }

  /** Records of an entry that were not settled in an earlier run. */
  countUnsettled(place: Place, { stream, records }: JournalEntry): number {
    const ofStream = this.of(stream)
    let unsettled = 0
    for (let index = 0; index < records.count; index++) if (!ofStream(records.lanes?.[index] ?? 0).isSettled(place, index)) unsettled++
    return unsettled
  }

  get isEmpty(): boolean {
    return this.collectedBytes === 0
  }

  /** Adds a record; returns whether there is enough for batches. */
  add({ records }: Lane, place: Place, index: number, entry: JournalEntry): boolean {
    this.collectedBytes += RECORD_BYTES + records.add(place, index, entry)
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
    for (const lane of this.begun) if (!lane.records.isEmpty) yield this.take(lane)
  }

  private begin(stream: string, number: number): Lane {
    const shard = laneShard(stream, number)
    const settled = settledUpTo(this.reading, shard)
    const lane: Lane = {
      records: new LaneRecords(shard, this.reading.formats?.has(stream) === true ? stream : undefined),
      isSettled: (place, index) => settled !== undefined && (comparePlaces(place, settled) || index - settled.index) <= 0,
    }
    this.begun.push(lane)
    return lane
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
