import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerDocument, LedgerStore } from '@standpipe/core/component'
import { seededRandom } from '../simulation/seeded-random.js'
import type { LedgerBench, LedgerCapability, LedgerHarness } from './ledger-bench.js'
import { changed, documentAt, drawChange, entryOf } from './ledger-model.js'

/** More than any ledger keeps as changes before it writes a whole document. */
const MANY_CHANGES = 250

/**
 * The conformance suite of ledgers: what the commit protocol needs of them. Run it in a test file of the ledger.
 * A capability that is waived shows as a skipped test with the reason.
 */
export function describeLedger(name: string, harness: LedgerHarness): void {
  const { waivers = {} } = harness
  const shards = (harness.shards ?? ['a', '7']).slice(0, waivers.severalShards === undefined ? undefined : 1)
  const itIf = (capability: LedgerCapability, title: string, test: () => Promise<void>): void => {
    const reason = waivers[capability]
    if (reason === undefined) it(title, test)
    else it.skip(`${title} (waived: ${reason})`, test)
  }
  const [shard] = shards
  const first = documentAt(1, 0, { shards: { [shard]: { checkpoint: '3', arrivalMs: 1_772_323_200_123, ahead: { 'lake|plant=부산': '5' } } } })
  const second = documentAt(1, 1, { shards: { [shard]: { checkpoint: '4', ahead: {} } } })
  let bench: LedgerBench
  let ledger: LedgerStore

  beforeEach(async () => {
    bench = await harness.create()
    ledger = await bench.open()
  })
  afterEach(async () => {
    await ledger.close()
    await bench.close()
  })

  describe(`ledger ${name}`, () => {
    it('holds no document at first, and says where it is', async () => {
      expect(await ledger.load()).toBeUndefined()
      expect(await ledger.load()).toBeUndefined()
      expect(ledger.location).not.toBe('')
    })

    it('gives back what was saved, every part of it', async () => {
      const whole = everything(shards, waivers.aligned === undefined)
      expect(await ledger.save(whole, undefined)).toBe(true)
      expect(await ledger.load()).toEqual(whole)
    })

    itIf('restart', 'gives back what was saved to another process', async () => {
      expect(await ledger.save(first, undefined)).toBe(true)
      const other = await bench.open()
      expect(await other.load()).toEqual(first)
      expect(await other.save(second, { epoch: 1, seq: 0 })).toBe(true)
      await other.close()
      expect(await ledger.load()).toEqual(second)
    })

    itIf('severalShards', 'holds many shards', async () => {
      const many = documentAt(1, 0, { shards: Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`in/${i}.jsonl`, { checkpoint: `${i}`, ended: true, ahead: {} }])) })
      await ledger.save(many, undefined)
      expect(await ledger.load()).toEqual(many)
    })

    it('takes a document only where there is the version that it expects', async () => {
      expect(await ledger.save(second, { epoch: 1, seq: 0 })).toBe(false)
      expect(await ledger.load()).toBeUndefined()
      expect(await ledger.save(first, undefined)).toBe(true)
      for (const expected of [undefined, { epoch: 0, seq: 0 }, { epoch: 2, seq: 0 }, { epoch: 1, seq: 1 }]) expect(await ledger.save(second, expected)).toBe(false)
      expect(await ledger.load()).toEqual(first)
      expect(await ledger.save(second, { epoch: 1, seq: 0 })).toBe(true)
    })

    it('refuses a write that is made again, and tells by its id that it took effect', async () => {
      await ledger.save(first, undefined)
      expect(await ledger.save(second, { epoch: 1, seq: 0 })).toBe(true)
      expect(await ledger.save(second, { epoch: 1, seq: 0 })).toBe(false)
      expect((await ledger.load())?.writeId).toBe(second.writeId)
    })

    it('fences an owner once another has raised the epoch', async () => {
      await ledger.save(first, undefined)
      const other = await bench.open()
      expect(await other.save(documentAt(2, 0), { epoch: 1, seq: 0 })).toBe(true)
      expect(await ledger.save(second, { epoch: 1, seq: 0 })).toBe(false)
      expect(await other.save(documentAt(2, 1), { epoch: 2, seq: 0 })).toBe(true)
      expect(await ledger.load()).toEqual(documentAt(2, 1))
    })

    it('lets one of many writers win, with all that it wrote', async () => {
      await ledger.save(first, undefined)
      const documents = Array.from({ length: 16 }, (_, i) => documentAt(1, 1, { writeId: `w${i}`, staged: [entryOf(`o${i}`, [shard])] }))
      const won = await Promise.all(documents.map(async (document) => (await bench.open()).save(document, { epoch: 1, seq: 0 })))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await ledger.load()).toEqual(documents[won.indexOf(true)])
    })

    it('keeps what it was given, and gives what is the caller’s own', async () => {
      const given = structuredClone(first)
      await ledger.save(given, undefined)
      spoil(given, shard)
      expect(await ledger.load()).toEqual(first)
      spoil(await ledger.load(), shard)
      expect(await ledger.load()).toEqual(first)
    })

    itIf('changes', 'makes of a document and the changes after it what they say', async () => {
      for (const seed of [1, 2, 3]) {
        const random = seededRandom(seed)
        let document: LedgerDocument | undefined = await ledger.load()
        const initial: LedgerDocument = documentAt(seed, 0)
        expect(await ledger.save(initial, document)).toBe(true)
        document = initial
        for (let i = 0; i < 40; i++) {
          const change = drawChange(random, document, shards, waivers.aligned === undefined)
          const next = changed(document, change)
          expect(await ledger.saveChange?.(change, document, () => next)).toBe(true)
          if (i % 9 === 0) expect(await (await bench.open()).load(), `seed ${seed}, change ${i}`).toEqual(next)
          document = next
        }
        expect(await ledger.load(), `seed ${seed}`).toEqual(document)
      }
    })

    itIf('changes', 'goes on after many changes, and after a document among them', async () => {
      let document = first
      await ledger.save(document, undefined)
      for (let seq = 1; seq <= MANY_CHANGES; seq++) {
        const change = { epoch: 1, seq, writeId: `w${seq}`, shards: { [shard]: { checkpoint: `${seq}` } } }
        const next = changed(document, change)
        const saved = seq % 99 === 0 ? await ledger.save(next, document) : await ledger.saveChange?.(change, document, () => next)
        expect(saved).toBe(true)
        document = next
      }
      expect(await (await bench.open()).load()).toEqual(document)
    })

    itIf('changes', 'refuses a change where there is another version than it expects, and none at all', async () => {
      const change = { epoch: 1, seq: 1, writeId: 'mine', shards: { [shard]: { checkpoint: '9' } } }
      expect(await ledger.saveChange?.(change, { epoch: 1, seq: 0 }, () => second)).toBe(false)
      await ledger.save(first, undefined)
      for (const expected of [{ epoch: 0, seq: 0 }, { epoch: 2, seq: 0 }, { epoch: 1, seq: 1 }]) expect(await ledger.saveChange?.(change, expected, () => second)).toBe(false)
      const other = await bench.open()
      expect(await other.save(documentAt(2, 0), { epoch: 1, seq: 0 })).toBe(true)
      expect(await ledger.saveChange?.(change, { epoch: 1, seq: 0 }, () => second)).toBe(false)
      expect(await ledger.load()).toEqual(documentAt(2, 0))
    })

    itIf('changes', 'lets one of many changes win', async () => {
      await ledger.save(first, undefined)
      const writers = await Promise.all(Array.from({ length: 8 }, () => bench.open()))
      for (const writer of writers) await writer.load()
      const changes = writers.map((_, i) => ({ epoch: 1, seq: 1, writeId: `w${i}`, shards: { [shard]: { checkpoint: `${100 + i}` } } }))
      const won = await Promise.all(writers.map(async (writer, i) => writer.saveChange?.(changes[i], { epoch: 1, seq: 0 }, () => changed(first, changes[i]))))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await ledger.load()).toEqual(changed(first, changes[won.indexOf(true)]))
    })

    itIf('blobs', 'keeps bytes beside the document by their names', async () => {
      const { blobs } = ledger
      await ledger.load()
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255)
      await blobs?.save('state-1', bytes)
      await blobs?.save('state-1', bytes)
      await blobs?.save('state-2', new Uint8Array())
      const other = (await bench.open()).blobs
      expect([...((await other?.list()) ?? [])].sort()).toEqual(['state-1', 'state-2'])
      expect(Buffer.compare((await other?.load('state-1')) ?? new Uint8Array(), bytes)).toBe(0)
      expect((await other?.load('state-2'))?.length).toBe(0)
      expect(await other?.load('state-3')).toBeUndefined()
      await other?.remove('state-1')
      await other?.remove('state-1')
      expect([await blobs?.load('state-1'), await blobs?.list()]).toEqual([undefined, ['state-2']])
      expect(await ledger.load()).toBeUndefined()
    })
  })
}

/** A document in which nothing is left out that a document may have. */
function everything(shards: readonly string[], hasAligned: boolean): LedgerDocument {
  const counts = { objects: 3, records: 30, rows: 36 }
  const states = shards.map((shard) => [shard, { checkpoint: '12', arrivalMs: 1_772_323_200_123, ended: true, ahead: { 'lake|x=1': '19', 'pond|': '13' } }] as const)
  const ofShards = <T>(value: T): Record<string, T> => Object.fromEntries(shards.map((shard) => [shard, value]))
  const aligned = {
    sets: 4,
    state: { name: 'state-4', bytes: 1_000, sha256: 'a'.repeat(64) },
    previous: { state: { inline: 'c3RhdGU=' }, shards: ofShards({ checkpoint: '9', ahead: {} }) },
  }
  return documentAt(7, 19, {
    shards: Object.fromEntries(states),
    staged: [entryOf('o1', shards), { ...entryOf('o2', shards.slice(0, 1)), partition: '', rows: 0 }],
    ends: { 'lake|x=1': shards.map((shard) => [shard, '19']), 'pond|': [[shards[0], '2']] },
    totals: { lake: { ...counts, shards: ofShards(counts), folded: counts }, 'pond:late': { ...counts, shards: {} } },
    ...(hasAligned ? { aligned } : {}),
  })
}

/** Writes into a document that a caller has in hand. */
function spoil(document: LedgerDocument | undefined, shard: string): void {
  const { shards } = document as unknown as { shards: Record<string, { checkpoint: string; ahead: Record<string, string> }> }
  shards[shard].checkpoint = 'spoiled'
  shards[shard].ahead.spoiled = '1'
}
