import { describe, expect, it } from 'vitest'
import { MemoryBucket, MemoryObjectStore, type StoreFault } from './memory-object-store.js'
import { describeObjectStore } from './object-store-suite/describe-object-store.js'
import { patternBytes, stageParts } from './object-store-suite/object-store-bench.js'

describeObjectStore('memory', {
  async create() {
    const bucket = new MemoryBucket()
    return {
      store: new MemoryObjectStore({ bucket, minPartBytes: 64 }),
      restart: async () => new MemoryObjectStore({ bucket, minPartBytes: 64 }),
      read: async (key) => bucket.published.get(key)?.bytes,
      properties: async (key) => bucket.published.get(key)?.properties ?? {},
      remove: async (staged) => void bucket.pending.delete((staged.upload as { id: string }).id),
      close: async () => undefined,
    }
  },
})

describe('faults of the memory store', () => {
  it('loses an answer after its effect, and settles it when the call is made again', async () => {
    let faults = 1
    const fault: StoreFault = (call, effect) => {
      const result = effect()
      if (call.operation === 'publish' && faults-- > 0) throw new Error('the answer was lost')
      return result
    }
    const store = new MemoryObjectStore({ fault })
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await expect(store.publish(staged)).rejects.toThrow('lost')
    expect([...store.bucket.published.keys()]).toEqual([staged.key])
    expect(await store.publish(staged)).toBe('published')
  })

  it('fails before the effect, and lets an effect happen late', async () => {
    const late: (() => unknown)[] = []
    const fault: StoreFault = (call, effect) => {
      if (call.operation !== 'publish' || late.length > 0) return effect()
      late.push(effect)
      throw new Error('no answer in time')
    }
    const store = new MemoryObjectStore({ fault })
    const staged = await stageParts(store, 'a-1', [patternBytes(10, 1)])
    await expect(store.publish(staged)).rejects.toThrow('in time')
    expect(store.bucket.published.size).toBe(0)
    late[0]()
    expect(store.bucket.published.size).toBe(1)
    expect(await store.publish(staged)).toBe('published')
  })
})
