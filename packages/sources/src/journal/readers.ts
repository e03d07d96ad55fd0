import { join } from 'node:path'
import type { Position, ShardId } from '@standpipe/core'
import { StandpipeError } from '@standpipe/core'
import { readFile, replaceFile, type JournalFiles } from './journal-files.js'
import { comparePlaces, comparePositions, parsePosition, type Place } from './place.js'

/** How far a pipeline has settled a journal: everything before `floor`, as of these checkpoints. */
interface ReaderDocument {
  readonly format: 1
  readonly reader: string
  readonly floor: Place
  readonly checkpoints: Readonly<Record<ShardId, Position>>
}

const START: Place = { segment: 0, offset: 0 }
const SUFFIX = '.reader.json'

/** Path of the file that keeps how far a pipeline is. */
export function readerPath(folder: string, reader: string): string {
  return join(folder, `${reader}${SUFFIX}`)
}

/** One pipeline that reads a journal: its place decides what may be deleted. */
export class JournalReader {
  private readonly lastRead = new Map<ShardId, Position>()
  private readonly checkpoints = new Map<ShardId, Position>()
  /** First record read of a shard that has no checkpoint yet. */
  private readonly firstRead = new Map<ShardId, Position>()
  private cursor: Place
  private saved: ReaderDocument

  private constructor(
    private readonly files: JournalFiles,
    private readonly folder: string,
    readonly name: string,
    document: ReaderDocument | undefined,
  ) {
    this.saved = document ?? { format: 1, reader: name, floor: START, checkpoints: {} }
    this.cursor = this.saved.floor
  }

  /** Finds a pipeline's place, or registers it, so that from now on nothing is deleted that it has not settled. */
  static async open(files: JournalFiles, folder: string, name: string, names: readonly string[]): Promise<JournalReader> {
    const known = names.includes(`${name}${SUFFIX}`)
    const document = known ? await loadDocument(files, readerPath(folder, name)) : undefined
    const reader = new JournalReader(files, folder, name, document)
    if (!known) await reader.save()
    return reader
  }

  /** Every pipeline that ever read the journal. */
  static async openAll(files: JournalFiles, folder: string, names: readonly string[]): Promise<JournalReader[]> {
    const readers = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
    return Promise.all(readers.map((name) => JournalReader.open(files, folder, name, names)))
  }

  /**
   * Where to start reading, by the checkpoints of the pipeline's ledger: the floor where the ledger is at least
   * as far as when that was noted, else the beginning (a ledger that was reset, or is another one).
   */
  start(checkpoint: (shard: ShardId) => Position | undefined): Place {
    const { floor, checkpoints } = this.saved
    const holds = Object.entries(checkpoints).every(([shard, noted]) => {
      const now = checkpoint(shard)
      return now !== undefined && comparePositions(now, noted) >= 0
    })
    this.cursor = holds ? floor : START
    this.lastRead.clear()
    this.firstRead.clear()
    this.checkpoints.clear()
    for (const shard of Object.keys(checkpoints)) {
      const now = checkpoint(shard)
      if (now !== undefined) this.checkpoints.set(shard, now)
    }
    return this.cursor
  }

  /** Notes that records were handed on. */
  noteRead(shard: ShardId, first: Position, last: Position): void {
    this.lastRead.set(shard, last)
    if (!this.firstRead.has(shard)) this.firstRead.set(shard, first)
  }

  /** Notes that every entry before `place` was handed on. */
  notePassed(place: Place): void {
    this.cursor = place
  }

  /** Every entry before it was handed on in this run; where there was none yet, what earlier runs had settled. */
  get passed(): Place {
    return this.cursor
  }

  /** Notes a durable checkpoint. Returns whether the floor moved to another segment. */
  noteCheckpoint(shard: ShardId, position: Position): boolean {
    const before = this.floor().segment
    this.checkpoints.set(shard, position)
    return this.floor().segment !== before
  }

  /** Everything before it is settled. */
  floor(): Place {
    let floor = this.cursor
    for (const [shard, last] of this.lastRead) {
      const checkpoint = this.checkpoints.get(shard)
      if (checkpoint !== undefined && comparePositions(checkpoint, last) >= 0) continue
      const held = parsePosition(checkpoint ?? this.firstRead.get(shard) ?? last)
      if (comparePlaces(held, floor) < 0) floor = { segment: held.segment, offset: held.offset }
    }
    return floor
  }

  /** Makes the floor durable. Not called again before it has resolved. */
  async save(): Promise<void> {
    const document: ReaderDocument = { format: 1, reader: this.name, floor: this.floor(), checkpoints: Object.fromEntries(this.checkpoints) }
    await replaceFile(this.files, readerPath(this.folder, this.name), Buffer.from(JSON.stringify(document)))
    this.saved = document
  }

  /** The floor as it is on disk: what lies before it may be deleted. */
  get durableFloor(): Place {
    return this.saved.floor
  }
}

async function loadDocument(files: JournalFiles, path: string): Promise<ReaderDocument> {
  const text = Buffer.from(await readFile(files, path)).toString()
  let document: ReaderDocument
  try {
    document = JSON.parse(text) as ReaderDocument
  } catch (cause) {
    throw new StandpipeError(`${path} is damaged; without it, deleting what is delivered starts anew`, { code: 'LEDGER_CORRUPT', component: 'journal', cause })
  }
  if (document.format !== 1) throw new StandpipeError(`${path} was written by a newer Standpipe`, { code: 'LEDGER_NEWER', component: 'journal' })
  return document
}
