import { StandpipeError } from '@standpipe/core'
import { TestClock } from '@standpipe/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CrashedError, CrashingFiles, type PlannedFault } from './crashing-files.testing.js'
import { Journal, type JournalLimits } from './journal.js'
import { packRecords } from './pack-records.js'
import { formatPosition, type Place } from './place.js'

const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
const LIMITS: JournalLimits = { segmentBytes: 400, keepBytes: 2_000, keepMs: 0, fsync: true, keys: { windowMs: 60_000, maxKeys: 1_000 } }

/** A disk, and what was promised of the journal on it. */
class Trial {
  readonly clock = new TestClock()
  readonly sent: string[] = []
  /** When each was sent: those of one turn are sent together, and have no order. */
  readonly turnOf = new Map<string, number>()
  private turn = 0
  readonly acknowledged = new Set<string>()
  /** Refused in a way that says: it is not kept. */
  readonly refused = new Set<string>()
  /** Read and settled by the reader: may be gone. */
  readonly settled = new Set<string>()
  checkpoint: string | undefined
  files: CrashingFiles

  constructor(readonly random: () => number) {
    this.files = new CrashingFiles(random)
  }

  async open(): Promise<Journal> {
    const journal = await Journal.open({ folder: '/journal', files: this.files, clock: this.clock, log: SILENT })
    await journal.openReader('reader')
    await journal.startWriting(LIMITS)
    return journal
  }

  /** Appends, now and then several entries at once; now and then settles what there is. Ends at a crash. */
  async work(steps: number): Promise<void> {
    try {
      const journal = await this.open()
      for (let step = 0; step < steps; step++) {
        await this.clock.advance(Math.floor(this.random() * 3))
        this.turn++
        const appends = Array.from({ length: 1 + Math.floor(this.random() * 3) }, () => this.append(journal))
        await Promise.all(appends)
        if (this.random() < 0.2) await this.settle(journal)
        if (this.files.crashed) return
      }
      await journal.close()
    } catch (error) {
      if (!this.files.crashed) throw error
    }
  }

  /** Everything acknowledged is there once and in order, and nothing that was never sent. */
  async check(): Promise<void> {
    const found: string[] = []
    const journal = await this.open()
    for await (const { entry } of journal.read({ segment: 0, offset: 0 })) {
      found.push(entry.key ?? '')
      expect(Buffer.from(entry.records.bytes).toString('utf8', entry.records.starts[0], entry.records.ends[0])).toBe(payloadOf(entry.key ?? ''))
    }
    expect(new Set(found).size, 'each at most once').toBe(found.length)
    const turns = found.map((key) => this.turnOf.get(key) ?? NaN)
    expect(turns).toEqual([...turns].sort((a, b) => a - b))
    const lost = [...this.acknowledged].filter((key) => !this.settled.has(key) && !found.includes(key))
    expect(lost, 'acknowledged and not settled').toEqual([])
    expect(found.filter((key) => this.refused.has(key)), 'refused, and kept').toEqual([])
    for (const key of this.acknowledged) expect(journal.keys.find(key, this.clock.now()), `the key ${key}`).toBeDefined()
    for (const key of found) expect(journal.keys.find(key, this.clock.now()), `the key ${key}`).toBeDefined()
    await journal.close()
  }

  private async append(journal: Journal): Promise<void> {
    const key = `k${this.sent.length}`
    this.sent.push(key)
    this.turnOf.set(key, this.turn)
    const place = journal.append({
      arrivalMs: this.clock.now(),
      stream: '',
      key,
      fingerprint: Buffer.alloc(16, 1),
      records: packRecords([{ lane: 0, payload: Buffer.from(payloadOf(key)) }]),
    })
    journal.keys.add(key, { fingerprint: Buffer.alloc(16, 1), arrivalMs: this.clock.now(), place })
    try {
      await place
      this.acknowledged.add(key)
    } catch (error) {
      if (error instanceof CrashedError || this.files.crashed) return
      if (!(error instanceof StandpipeError)) throw error
      if (error.retryable) this.refused.add(key)
    }
  }

  private async settle(journal: Journal): Promise<void> {
    const reader = await journal.openReader('reader')
    let last: { place: Place; next: Place } | undefined
    for await (const placed of journal.read(reader.start(() => this.checkpoint))) {
      this.settled.add(placed.entry.key ?? '')
      last = placed
    }
    if (last === undefined) return
    const position = formatPosition(last.place.segment, last.place.offset, 0)
    reader.noteRead('lane-0', position, position)
    reader.notePassed(last.next)
    this.checkpoint = position
    journal.checkpointed(reader, 'lane-0', position)
  }
}

function payloadOf(key: string): string {
  return key.padEnd(10 + (Number(key.slice(1)) * 37) % 150, '.')
}

/** A generator of numbers from 0 to 1 that a seed decides (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function countCalls(seed: number): Promise<number> {
  const trial = new Trial(seeded(seed))
  await trial.work(12)
  await trial.check()
  return trial.files.calls
}

const faults = fc.record<PlannedFault>({
  call: fc.integer({ min: 1, max: 90 }),
  kind: fc.constantFrom('crash', 'crash', 'error'),
  when: fc.constantFrom('before', 'within', 'after'),
})

describe('a journal on a disk that fails', () => {
  it('makes enough calls for the faults of these tests to hit', async () => {
    expect(await countCalls(1)).toBeGreaterThan(60)
  })

  it('has every acknowledged entry once and in order after any crash', async () => {
    for (const when of ['before', 'within', 'after'] as const) {
      for (let call = 1; call <= 90; call++) {
        const trial = new Trial(seeded(call))
        trial.files.fault = { call, kind: 'crash', when }
        await trial.work(12)
        trial.files = trial.files.restart()
        await trial.check()
      }
    }
  })

  it('holds what it promised through several crashes and failing calls, one after another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(faults, { minLength: 1, maxLength: 4 }), async (seed, planned) => {
        const trial = new Trial(seeded(seed))
        for (const fault of planned) {
          trial.files.fault = fault
          try {
            await trial.work(10)
          } catch (error) {
            // The disk failed while the journal was being opened or closed: the process ends.
            if (fault.kind !== 'error') throw error
          }
          trial.files = trial.files.restart()
        }
        await trial.check()
      }),
      { numRuns: 150 },
    )
  }, 30_000)
})
