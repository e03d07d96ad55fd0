import type { Position, ShardId } from '@standpipe/core'
import { createSourceRuntime, recordsOf, TestClock } from '@standpipe/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { CrashingFiles } from './crashing-files.testing.js'
import type { JournalEntry } from './entry.js'
import { Journal, type JournalLimits } from './journal.js'
import { packRecords } from './pack-records.js'
import { readJournal } from './read-journal.js'
import { createSegment, SEGMENT_HEAD_BYTES } from './segment.js'

const LIMITS: JournalLimits = { segmentBytes: 600, keepBytes: 10_000, keepMs: 0, fsync: true, keys: { windowMs: 60_000, maxKeys: 1_000 } }

let files: CrashingFiles
let clock: TestClock
let warnings: string[]

beforeEach(() => {
  files = new CrashingFiles(() => 0.4)
  clock = new TestClock()
  warnings = []
})

async function open(limits: Partial<JournalLimits> | undefined = {}): Promise<Journal> {
  const note = (message: string): void => void warnings.push(message)
  const journal = await Journal.open({ folder: '/journal', files, clock, log: { error: note, warn: note, info: note, debug: note } })
  if (limits !== undefined) await journal.startWriting({ ...LIMITS, ...limits })
  return journal
}

async function append(journal: Journal, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) {
    await clock.advance(1)
    await journal.append({ arrivalMs: clock.now(), stream: '', records: packRecords([{ lane: 0, payload: Buffer.from(`record ${i}`.padEnd(60, '.')) }]) })
  }
}

/** Reads what there is, after a checkpoint; settles it where told to. Returns the numbers of the records, and the last position. */
async function read(journal: Journal, name: string, options: { checkpoint?: Position; settle?: boolean; stopAtOnce?: boolean; upTo?: number } = {}): Promise<{ numbers: number[]; last: Position | undefined }> {
  const stopping = new AbortController()
  const checkpoints: Record<ShardId, Position> = options.checkpoint === undefined ? {} : { 'lane-0': options.checkpoint }
  const reader = await journal.openReader(name)
  const numbers: number[] = []
  let last: Position | undefined
  const runtime = createSourceRuntime({ clock, checkpoints, stopping: stopping.signal, batchBytes: 300 })
  const total = options.upTo ?? (await countFrom(journal))
  if (options.stopAtOnce === true) setImmediate(() => stopping.abort())
  for await (const event of readJournal({ journal, reader, runtime, stopAppending: () => Promise.resolve() })) {
    for (const { payload, position } of recordsOf(event)) {
      numbers.push(Number(payload.split(' ')[1].replaceAll('.', '')))
      last = position
    }
    if (numbers.at(-1) === total) stopping.abort()
  }
  if (options.settle === true && last !== undefined) journal.checkpointed(reader, 'lane-0', last)
  await journal.retire()
  return { numbers, last }
}

async function countFrom(journal: Journal): Promise<number> {
  let last = -1
  for await (const { entry } of journal.read({ segment: 0, offset: 0 })) last = Number(payloadText(entry).split(' ')[1].replaceAll('.', ''))
  return last
}

const payloadText = ({ records }: JournalEntry): string => Buffer.from(records.bytes).toString('utf8', records.starts[0], records.ends[0])
const segments = (): string[] => files.fileNames.filter((name) => name.endsWith('.journal'))

describe('recovery', () => {
  it('cuts off what a crash tore, and says so', async () => {
    const journal = await open()
    await append(journal, 3)
    const [name] = segments()
    const end = files.content(name).length
    files.truncateTo(name, end - 20)
    const again = await open()
    expect(await countFrom(again)).toBe(1)
    expect(warnings[0]).toMatch(/torn/)
    await append(again, 1, 7)
    expect(await countFrom(again)).toBe(7)
  })

  it('stops with file and offset at damage in what was durable, also in the segment written last', async () => {
    const journal = await open()
    await append(journal, 4)
    const [name] = segments()
    files.content(name)[SEGMENT_HEAD_BYTES + 50] ^= 1
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_DATA_CORRUPT', message: expect.stringMatching(new RegExp(`${name} at offset ${SEGMENT_HEAD_BYTES}:`)) as string })
  })

  it('stops at damage in a closed segment when that is read, and at one that is gone or cut short when it is opened', async () => {
    const journal = await open()
    await append(journal, 20)
    const [first, second] = segments()
    files.content(second)[SEGMENT_HEAD_BYTES + 50] ^= 1
    const damaged = await open({ keys: { windowMs: 0, maxKeys: 1 } })
    await expect(countFrom(damaged)).rejects.toMatchObject({ code: 'SOURCE_DATA_CORRUPT' })
    files.content(second)[SEGMENT_HEAD_BYTES + 50] ^= 1
    files.truncateTo(second, SEGMENT_HEAD_BYTES)
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_DATA_CORRUPT' })
    await files.remove(`/journal/${second}`)
    await expect(open()).rejects.toMatchObject({ code: 'SOURCE_DATA_CORRUPT' })
    await files.remove(`/journal/${first}`)
    await expect(open()).resolves.toBeDefined()
  })

  it('refuses a segment of a newer version', async () => {
    await append(await open(), 1)
    files.content(segments()[0]).writeUInt32LE(2, 8)
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  })
})

describe('waiting', () => {
  /** The journal, whose reading fails when it is begun again and again: a loop that waits for nothing lets no timer stop it. */
  function impatient(journal: Journal): Journal {
    const hasEntriesFrom = journal.hasEntriesFrom.bind(journal)
    let asked = 0
    journal.hasEntriesFrom = (place) => {
      if (++asked > 100) throw new Error('it is asked again and again, with nothing new')
      return hasEntriesFrom(place)
    }
    return journal
  }

  it('goes on after a segment in which a crash left no entry', async () => {
    const journal = await open()
    await append(journal, 3)
    await createSegment(files, '/journal', { number: clock.now() + 1, previousNumber: journal.end.segment, previousBytes: journal.end.offset })
    const again = await open()
    expect(again.end.offset).toBe(SEGMENT_HEAD_BYTES)
    await clock.advance(10)
    const [{ numbers }] = await Promise.all([read(impatient(again), 'reader', { upTo: 5 }), append(again, 3, 3)])
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('waits for the first entry of a segment while that is being written', async () => {
    const journal = await open()
    await append(journal, 3)
    let finish = (): void => undefined
    const held = new Promise<void>((resolve) => (finish = resolve))
    const openFile = files.open.bind(files)
    files.open = async (path, create) => {
      const file = await openFile(path, create)
      return path.endsWith('.journal') ? { ...file, writeAt: (position, pieces) => held.then(() => file.writeAt(position, pieces)) } : file
    }
    const appending = append(journal, 5, 3)
    while (journal.end.offset !== SEGMENT_HEAD_BYTES) await new Promise((resolve) => setImmediate(resolve))
    const wait = journal.appended.bind(journal)
    journal.appended = (signal) => {
      const waited = wait(signal)
      finish()
      return waited
    }
    const reading = read(impatient(journal), 'reader', { upTo: 7 })
    expect((await Promise.all([reading, appending]))[0].numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})

describe('several readers', () => {
  it('read the same records, each from its own position', async () => {
    const journal = await open()
    await journal.openReader('slow')
    await append(journal, 10)
    const fast = await read(journal, 'fast', { settle: true })
    await append(journal, 5, 10)
    expect((await read(journal, 'fast', { checkpoint: fast.last })).numbers).toEqual([10, 11, 12, 13, 14])
    expect((await read(journal, 'slow')).numbers).toEqual(Array.from({ length: 15 }, (_, i) => i))
  })

  it('hold back what is deleted: the slowest decides, also after a restart', async () => {
    const journal = await open()
    await journal.openReader('fast')
    await journal.openReader('slow')
    await append(journal, 30)
    const before = segments().length
    await read(journal, 'fast', { settle: true })
    expect(segments().length).toBe(before)
    await journal.close()
    const again = await open()
    await read(again, 'slow', { settle: true })
    expect(segments().length).toBeLessThan(before / 2)
  })

  it('begin at the start again when their ledger was reset', async () => {
    const journal = await open({ keepMs: 3_600_000 })
    await append(journal, 20)
    const { last } = await read(journal, 'reader', { settle: true })
    expect((await read(journal, 'reader', { checkpoint: last, stopAtOnce: true })).numbers).toEqual([])
    expect((await read(journal, 'reader')).numbers.length).toBe(20)
  })
})

describe('room', () => {
  it('refuses beyond its size, and keeps what is delivered no longer than it has room', async () => {
    const journal = await open({ keepBytes: 1_500, keepMs: 3_600_000 })
    await journal.openReader('reader')
    await expect(append(journal, 30)).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true })
    expect(journal.bytes).toBeLessThanOrEqual(1_500)
    await read(journal, 'reader', { settle: true })
    await append(journal, 5, 100)
  })

  it('refuses when the disk has no room for another segment', async () => {
    files.free = 1_000
    await expect(append(await open(), 1)).rejects.toMatchObject({ code: 'DISK_FULL' })
  })
})
