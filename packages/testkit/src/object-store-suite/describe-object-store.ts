import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ListedObject, ObjectStore, StagedObject } from '@standpipe/core/component'
import { StandpipeError } from '@standpipe/core/model'
import { nameObject, patternBytes, stageParts, type ObjectStoreBench, type ObjectStoreHarness, type StoreCapability } from './object-store-bench.js'

/**
 * The conformance suite of object stores: what the commit protocol needs of them, and what callers may do.
 * Run it in a test file of the store. A capability that is waived shows as a skipped test with the reason.
 */
export function describeObjectStore(name: string, harness: ObjectStoreHarness): void {
  const { waivers = {} } = harness
  const itIf = (capability: StoreCapability, title: string, test: () => Promise<void>): void => {
    const reason = waivers[capability]
    if (reason === undefined) it(title, test)
    else it.skip(`${title} (waived: ${reason})`, test)
  }
  let bench: ObjectStoreBench

  beforeEach(async () => {
    bench = await harness.create()
    await bench.store.open(new AbortController().signal)
  })
  afterEach(async () => {
    await bench.store.close()
    await bench.close()
  })

  describe(`object store ${name}`, () => {
    it('shows nothing of an object before it is published, and all of it afterwards', async () => {
      const parts = [patternBytes(bench.store.minPartBytes + 17, 1), patternBytes(bench.store.minPartBytes, 2), patternBytes(3, 3)]
      const staged = await stageParts(bench.store, 'a-1', parts)
      expect(staged.bytes).toBe(parts.reduce((sum, part) => sum + part.length, 0))
      expect(await bench.read(staged.key)).toBeUndefined()
      expect(await bench.store.publish(staged)).toBe('published')
      expect(sameBytes(await bench.read(staged.key), Buffer.concat(parts))).toBe(true)
    })

    it('stages an object of one small part, and one of none', async () => {
      for (const [identity, parts] of [['a-1', [patternBytes(1, 1)]], ['a-2', []]] as const) {
        const staged = await stageParts(bench.store, identity, parts)
        expect(await bench.store.publish(staged)).toBe('published')
        expect(sameBytes(await bench.read(staged.key), Buffer.concat([...parts]))).toBe(true)
      }
    })

    it('publishes what is published already, also in another process and from the ledger’s copy', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(1_000, 1)])
      const remembered = JSON.parse(JSON.stringify(staged)) as StagedObject
      expect(await bench.store.publish(staged)).toBe('published')
      expect(await bench.store.publish(staged)).toBe('published')
      const later = await bench.restart()
      expect(await later.publish(remembered)).toBe('published')
      await later.close()
      expect(sameBytes(await bench.read(staged.key), patternBytes(1_000, 1))).toBe(true)
    })

    it('publishes after a restart what was staged before it', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(1_000, 1)])
      const later = await bench.restart()
      expect(await later.publish(JSON.parse(JSON.stringify(staged)) as StagedObject)).toBe('published')
      await later.close()
      expect(sameBytes(await bench.read(staged.key), patternBytes(1_000, 1))).toBe(true)
    })

    it('lets several publish one object at a time', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(1_000, 1)])
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => bench.store.publish(staged)))
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') expect(outcome.value).toBe('published')
        else expect(outcome.reason).toMatchObject({ name: 'StandpipeError', retryable: true })
      }
      expect(await bench.store.publish(staged)).toBe('published')
      expect(sameBytes(await bench.read(staged.key), patternBytes(1_000, 1))).toBe(true)
    })

    itIf('neverOverwrites', 'never overwrites the object of another attempt', async () => {
      const first = await stageParts(bench.store, 'a-1', [patternBytes(100, 1)])
      expect(await bench.store.publish(first)).toBe('published')
      const { properties } = nameObject('a-2')
      const upload = await bench.store.begin(first.key, properties)
      await upload.write(patternBytes(200, 2))
      const outcome = await bench.store.publish(await upload.stage()).catch((error: unknown) => error)
      expect(outcome).not.toBe('published')
      expect(sameBytes(await bench.read(first.key), patternBytes(100, 1))).toBe(true)
    })

    itIf('vanished', 'says that a staged object vanished when it was removed before it was published', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(100, 1)])
      await bench.remove?.(staged)
      expect(await bench.store.publish(staged)).toBe('vanished')
      expect(await bench.read(staged.key)).toBeUndefined()
    })

    it('sees that a staged object is there, however small, and that it is published, and changes nothing', async () => {
      for (const [identity, parts] of [['a-1', [patternBytes(bench.store.minPartBytes, 1), patternBytes(7, 2)]], ['a-2', [patternBytes(1, 3)]], ['a-3', []]] as const) {
        const staged = await stageParts(bench.store, identity, parts)
        const later = await bench.restart()
        expect(await later.look?.(JSON.parse(JSON.stringify(staged)) as StagedObject)).toBe('staged')
        expect(await later.look?.(staged)).toBe('staged')
        expect(await bench.store.publish(staged)).toBe('published')
        expect(await later.look?.(staged)).toBe('published')
        expect(sameBytes(await bench.read(staged.key), Buffer.concat([...parts]))).toBe(true)
        await later.close()
      }
    })

    itIf('look', 'sees that a staged object is gone, whoever removed it', async () => {
      const [removed, discarded] = [await stageParts(bench.store, 'a-1', [patternBytes(100, 1)]), await stageParts(bench.store, 'a-2', [patternBytes(100, 2)])]
      await bench.remove?.(removed)
      await bench.store.discard(discarded)
      expect([await bench.store.look?.(removed), await bench.store.look?.(discarded)]).toEqual(['gone', 'gone'])
    })

    itIf('discard', 'discards a staged object for good, and twice without complaint', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(100, 1)])
      await bench.store.discard(staged)
      await bench.store.discard(staged)
      expect(await bench.store.publish(staged)).toBe('vanished')
      expect(await bench.read(staged.key)).toBeUndefined()
    })

    it('never takes back what is published', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(100, 1)])
      await bench.store.publish(staged)
      await bench.store.discard(staged)
      expect(sameBytes(await bench.read(staged.key), patternBytes(100, 1))).toBe(true)
    })

    it('aborts an upload, begun or not', async () => {
      const { key, properties } = nameObject('a-1')
      const untouched = await bench.store.begin(key, properties)
      await untouched.abort()
      const upload = await bench.store.begin(key, properties)
      await upload.write(patternBytes(100, 1))
      await upload.abort()
      expect(await bench.read(key)).toBeUndefined()
    })

    itIf('listStaged', 'lists what is staged or was begun, and discards from the list', async () => {
      const [kept, loose, published] = [
        await stageParts(bench.store, 'a-1', [patternBytes(100, 1)]),
        await stageParts(bench.store, 'a-2', [patternBytes(100, 2)]),
        await stageParts(bench.store, 'a-3', [patternBytes(100, 3)]),
      ]
      await bench.store.publish(published)
      const later = await bench.restart()
      const seen: string[] = []
      for await (const object of later.listStaged()) {
        seen.push(object.identity)
        expect(object.key).toContain(object.identity)
        if (object.identity === 'a-2') await object.discard()
      }
      expect(seen.sort()).toEqual(['a-1', 'a-2'])
      expect(await later.publish(loose)).toBe('vanished')
      expect(await later.publish(kept)).toBe('published')
      await later.close()
    })

    it('keeps uploads that are written at the same time apart', async () => {
      const staged = await Promise.all(
        Array.from({ length: 12 }, (_, i) => stageParts(bench.store, `a-${i}`, [patternBytes(bench.store.minPartBytes + i, i), patternBytes(i, 100 + i)])),
      )
      const outcomes = await Promise.all(staged.map((object) => bench.store.publish(object)))
      expect(new Set(outcomes)).toEqual(new Set(['published']))
      for (const [i, object] of staged.entries()) {
        const expected = Buffer.concat([patternBytes(bench.store.minPartBytes + i, i), patternBytes(i, 100 + i)])
        expect(sameBytes(await bench.read(object.key), expected)).toBe(true)
      }
    })

    it.each(['line=press 1', 'ort=Gießen', '한국/부산', 'a+b=c&d', 'rate=100%', 'q=what?#1', "it's (a) [test]!*", 'x%2Fy', 'deep/er/and/deep/er'])(
      'takes the key folder %s',
      async (folder) => {
        const staged = await stageParts(bench.store, 'a-1', [patternBytes(50, 1)], folder)
        expect(await bench.store.publish(staged)).toBe('published')
        expect(await bench.store.publish(staged)).toBe('published')
        expect(sameBytes(await bench.read(staged.key), patternBytes(50, 1))).toBe(true)
      },
    )

    it('puts a small object in one step', async () => {
      const { key, properties } = nameObject('a-1')
      await bench.store.put(key, patternBytes(100, 1), properties)
      expect(sameBytes(await bench.read(key), patternBytes(100, 1))).toBe(true)
    })

    it('lists what readers see and nothing staged, and reads parts of it', async () => {
      const { store } = bench
      await store.publish(await stageParts(store, 'a-1', [patternBytes(1_000, 1)], 'dt=1/line=a'))
      await store.publish(await stageParts(store, 'a-2', [patternBytes(20, 2)], 'dt=2'))
      await stageParts(store, 'a-3', [patternBytes(20, 3)], 'dt=1')
      const [first, second] = [nameObject('a-1', 'dt=1/line=a').key, nameObject('a-2', 'dt=2').key]
      expect(await listed(store, '')).toEqual([{ key: first, bytes: 1_000 }, { key: second, bytes: 20 }])
      expect(await listed(store, 'dt=1/li')).toEqual([{ key: first, bytes: 1_000 }])
      expect(await listed(store, 'dt=3/')).toEqual([])
      expect(sameBytes(await store.readRange?.(first, 100, 200), patternBytes(1_000, 1).subarray(100, 200))).toBe(true)
      expect(sameBytes(await store.readRange?.(second, 10, 500), patternBytes(20, 2).subarray(10))).toBe(true)
    })

    itIf('properties', 'keeps content type and encoding, staged or put', async () => {
      const staged = await stageParts(bench.store, 'a-1', [patternBytes(10, 1)])
      await bench.store.publish(staged)
      const { key, properties } = nameObject('a-2')
      await bench.store.put(key, patternBytes(10, 1), properties)
      expect(await bench.properties?.(staged.key)).toMatchObject(nameObject('a-1').properties)
      expect(await bench.properties?.(key)).toMatchObject(properties)
    })

    it('stops opening when told', async () => {
      const stopped = AbortSignal.abort(new StandpipeError('stopped', { code: 'TIMEOUT' }))
      await expect(bench.store.open(stopped)).rejects.toThrow('stopped')
    })
  })
}

async function listed(store: ObjectStore, prefix: string): Promise<ListedObject[]> {
  const found: ListedObject[] = []
  for await (const object of store.list?.(prefix) ?? []) found.push(object)
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

function sameBytes(found: Uint8Array | undefined, expected: Uint8Array): boolean {
  return found !== undefined && Buffer.compare(found, expected) === 0
}
