import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, type Clock, type RecordGap } from '@standpipe/core'
import { createSourceRuntime, ScriptedError, type ScriptedKinesis, type SourceRuntimeOptions } from '@standpipe/testkit'
import { bindKinesis, MemoryStream, NOW_MS, readPositions, readTexts } from './memory-stream.testing.js'

const HOUR_MS = 3_600_000
/** Waits as the clock on the wall does, and tells another time. */
const clock: Clock = { ...systemClock, now: () => NOW_MS }

let stream: MemoryStream
let server: ScriptedKinesis
beforeEach(async () => {
  stream = new MemoryStream()
  server = await stream.start()
})
afterEach(() => server.stop())

/** Reads until so many texts came; nothing is wrong with more in the same batch. */
function read(count: number, options: object = {}, runtime: SourceRuntimeOptions = {}): Promise<string[]> {
  return readTexts(bindKinesis(server, options), createSourceRuntime({ clock, ...runtime }), (texts) => texts.length >= count)
}

describe('kinesis, of a stream with a history', () => {
  it('reads parents to their end before their children, which the last answer names', async () => {
    stream.addShard('0')
    stream.addShard('1')
    stream.put('0', ['a'])
    stream.put('1', ['b'])
    stream.addShard('2', '0', '1')
    stream.put('2', ['c'])
    const texts = await read(5)
    expect(texts.indexOf('2: c')).toBe(4)
    expect([...texts].sort()).toEqual(['0 ends', '0: a', '1 ends', '1: b', '2: c'])
    expect(texts.indexOf('0: a')).toBeLessThan(texts.indexOf('0 ends'))
  })

  it('finds children that no answer names by listing again', async () => {
    stream.tellsChildren = false
    stream.addShard('0')
    stream.put('0', ['a'])
    let listings = 0
    stream.before = (operation) => {
      if (operation === 'ListShards' && ++listings === 3) {
        stream.addShard('1', '0')
        stream.put('1', ['b'])
      }
      if (operation === 'ListShards' && listings < 3) stream.shards.get('0')!.closed = true
    }
    expect(await read(3, { discover: '300ms' })).toEqual(['0: a', '0 ends', '1: b'])
  })

  it('reads all pages of a listing, also when a token expires', async () => {
    stream.pageShards = 2
    for (const id of ['0', '1', '2', '3', '4']) {
      stream.addShard(id)
      stream.put(id, ['x'])
    }
    let expired = false
    stream.before = (operation, input) => {
      if (operation !== 'ListShards' || input.NextToken !== '4' || expired) return
      expired = true
      throw new ScriptedError('ExpiredNextTokenException')
    }
    expect((await read(5)).sort()).toEqual(['0: x', '1: x', '2: x', '3: x', '4: x'])
    expect(server.seen.filter(({ operation }) => operation === 'ListShards').map(({ input }) => input.NextToken)).toEqual([undefined, '2', '4', undefined, '2', '4'])
  })

  it('begins with the latest of open shards, which it notes before the first record', async () => {
    stream.addShard('0')
    stream.put('0', ['old'])
    stream.addShard('1', '0')
    stream.addShard('2', '0')
    stream.put('1', ['older'])
    let iterators = 0
    stream.before = (operation) => {
      if (operation === 'GetRecords' && iterators++ === 0) stream.put('1', ['new'])
    }
    const texts = await read(3, { start: 'latest' })
    expect(texts.slice(0, 2).map((text) => text.replace(/~\d+/, '~')).sort()).toEqual(['1 passes ~', '2 passes ~'])
    expect(texts[2]).toBe('1: new')
  })

  it('reads on from where the latest was, though no record came before it was stopped', async () => {
    stream.addShard('0')
    stream.put('0', ['old'])
    const [passed] = await read(1, { start: 'latest' })
    const position = passed.split(' ').at(-1) ?? ''
    stream.put('0', ['missed'], Number(position.slice(1)) + 1)
    expect(await read(1, { start: 'latest' }, { checkpoints: { 0: position }, clock: systemClock, })).toEqual(['0: missed'])
  })

  it('begins at a time, and gives children nothing older', async () => {
    stream.addShard('0')
    stream.put('0', ['before'], NOW_MS - 3 * HOUR_MS)
    stream.addShard('1', '0')
    stream.put('1', ['also before'], NOW_MS - 2 * HOUR_MS)
    stream.put('1', ['after'], NOW_MS - HOUR_MS)
    expect(await read(2, { start: { timestamp: new Date(NOW_MS - 1.5 * HOUR_MS).toISOString() } })).toEqual(['0 ends', '1: after'])
  })

  it('begins at a sequence number, and in other shards when that record came', async () => {
    stream.addShard('0')
    stream.addShard('1')
    stream.put('0', ['a'], NOW_MS - 3 * HOUR_MS)
    const [sequenceNumber] = stream.put('1', ['b'], NOW_MS - 2 * HOUR_MS)
    stream.put('0', ['c'], NOW_MS - HOUR_MS)
    expect((await read(2, { start: { sequenceNumber } })).sort()).toEqual(['0: c', '1: b'])
    await expect(read(1, { start: { sequenceNumber: '5' } })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' })
  })

  it('reads on after a shard that ended, when the next run begins', async () => {
    stream.addShard('0')
    stream.put('0', ['a'])
    stream.addShard('1', '0')
    stream.put('1', ['b'])
    expect(await read(1, {}, { ended: ['0'] })).toEqual(['1: b'])
    stream.shards.delete('0')
    expect(await read(1, {}, { ended: ['0'] })).toEqual(['1: b'])
  })

  it('refuses the checkpoints of another stream of the same name', async () => {
    stream.addShard('0')
    stream.put('0', ['a'])
    stream.createdMs = NOW_MS - HOUR_MS
    await expect(read(1, {}, { checkpoints: { 0: '1000' }, arrivals: { 0: NOW_MS - 2 * HOUR_MS } })).rejects.toMatchObject({ code: 'SOURCE_DATA_CORRUPT' })
  })
})

describe('kinesis, when retention has passed the checkpoint', () => {
  const gaps: RecordGap[] = []
  beforeEach(() => {
    gaps.length = 0
    stream.addShard('0')
    stream.put('0', ['a', 'b', 'c', 'd'])
  })
  const after = async (text: string): Promise<SourceRuntimeOptions> => {
    const positions = await readPositions(bindKinesis(server), createSourceRuntime({ clock }), 4)
    return { checkpoints: { 0: positions.get(text) ?? '' }, arrivals: { 0: NOW_MS - HOUR_MS }, reportGap: (gap) => gaps.push(gap) }
  }

  it('sees that nothing is lost while the record at the checkpoint is there', async () => {
    const runtime = await after('b')
    stream.expire('0', 1)
    expect(await read(2, {}, runtime)).toEqual(['0: c', '0: d'])
  })

  it('stops when the record at the checkpoint has expired', async () => {
    const runtime = await after('b')
    stream.expire('0', 2)
    await expect(read(1, {}, runtime)).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
  })

  it('tells of the gap and goes on, where that is wanted', async () => {
    const runtime = await after('a')
    stream.expire('0', 3)
    expect(await read(1, { onGap: 'continue' }, runtime)).toEqual(['0: d'])
    expect(gaps).toEqual([expect.objectContaining({ shard: '0', after: runtime.checkpoints?.[0] })])
  })

  it('goes by the time at the checkpoint where no record is left', async () => {
    const runtime = await after('d')
    stream.expire('0', 4)
    stream.addShard('1', '0')
    stream.put('1', ['e'])
    expect(await read(2, {}, runtime)).toEqual(['0 ends', '1: e'])
    await expect(read(1, {}, { ...runtime, arrivals: { 0: NOW_MS - 25 * HOUR_MS } })).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
  })

  it('goes by the time up to which an idle shard was read', async () => {
    const runtime = await after('d')
    const position = runtime.checkpoints?.[0] ?? ''
    stream.expire('0', 4)
    stream.put('0', ['e'])
    expect(await read(1, {}, { checkpoints: { 0: `${position}~${NOW_MS - 23 * HOUR_MS}` } })).toEqual(['0: e'])
    await expect(read(1, {}, { checkpoints: { 0: `${position}~${NOW_MS - 25 * HOUR_MS}` } })).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
    await expect(read(1, {}, { checkpoints: { 0: `~${NOW_MS - 25 * HOUR_MS}` } })).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
  })

  it('takes a position that the service refuses for a gap', async () => {
    const runtime = await after('b')
    stream.before = (operation, input) => {
      if (operation === 'GetShardIterator' && input.ShardIteratorType === 'AT_SEQUENCE_NUMBER') throw new ScriptedError('InvalidArgumentException')
    }
    await expect(read(1, {}, runtime)).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
    expect(await read(2, { onGap: 'continue' }, runtime)).toEqual(['0: c', '0: d'])
    expect(gaps).toHaveLength(1)
  })

  it('takes a shard that the service has forgotten for a gap, and goes on with its children', async () => {
    const runtime = await after('b')
    stream.addShard('1', '0')
    stream.put('1', ['e'])
    stream.shards.delete('0')
    await expect(read(1, {}, runtime)).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
    expect(await read(2, { onGap: 'continue' }, runtime)).toEqual(['0 ends', '1: e'])
    expect(gaps).toHaveLength(1)
  })

  it('notes of an idle shard that it is read up to now, so that this is no gap later', async () => {
    // A minute of the test passes in a millisecond of the machine.
    const fast: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() * 60_000, sleep: (ms, signal) => systemClock.sleep(ms / 60, signal) }
    const texts = await readTexts(bindKinesis(server), createSourceRuntime({ clock: fast }), (found) => found.at(-1)?.includes('passes') === true)
    expect(texts.slice(0, 4)).toEqual(['0: a', '0: b', '0: c', '0: d'])
    expect(texts[4]).toMatch(/^0 passes 1040~\d{13}$/)
  })
})
