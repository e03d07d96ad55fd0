import { realpath } from 'node:fs/promises'
import type { Source } from '@standpipe/core'
import { createSourceRuntime, describeSource, recordsOf, TestClock, TestFolder } from '@standpipe/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunningHttp } from '../http/running-http.testing.js'
import { lockJournal } from './journal-lock.js'
import { journalSource } from './journal-source.js'

const JOURNAL = '.standpipe/journal-test'
let folder: TestFolder

beforeEach(async () => {
  folder = await TestFolder.create()
})
afterEach(async () => {
  await folder.remove()
})

function bind(pipeline: string, directory: string): Source {
  return journalSource.bind(journalSource.config.parse({ path: JOURNAL }), { pipeline, directory, warn: () => undefined })
}

/** Reads so many records of the journal for a pipeline, after a checkpoint. */
async function readSome(pipeline: string, count: number, checkpoint?: string): Promise<{ payloads: string[]; last: string }> {
  const source = bind(pipeline, folder.path)
  const stopping = new AbortController()
  const payloads: string[] = []
  let last = ''
  const runtime = { ...createSourceRuntime({ clock: new TestClock(), checkpoints: checkpoint === undefined ? {} : { 'lane-0': checkpoint }, stopping: stopping.signal, batchBytes: 1 }), pipeline }
  await source.claim?.(runtime)
  for await (const event of source.read(runtime)) {
    for (const { payload, position } of recordsOf(event)) {
      if (payloads.length === count) break
      payloads.push(payload)
      last = position
    }
    if (payloads.length === count) stopping.abort(new Error('enough'))
  }
  source.checkpointed?.('lane-0', last)
  await source.close?.()
  return { payloads, last }
}

describe('several pipelines', () => {
  it('read what one takes, each at its own position, also in later runs', async () => {
    const http = await RunningHttp.start(folder)
    for (let i = 0; i < 10; i++) await http.post(`{"i":${i}}`)
    const records = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `{"i":${from + i}}`)
    const fast = await readSome('fast', 10)
    const slow = await readSome('slow', 3)
    expect([fast.payloads, slow.payloads]).toEqual([records(0, 10), records(0, 3)])
    for (let i = 10; i < 12; i++) await http.post(`{"i":${i}}`)
    expect((await readSome('fast', 2, fast.last)).payloads).toEqual(records(10, 12))
    expect((await readSome('slow', 9, slow.last)).payloads).toEqual(records(3, 12))
    await http.read(12)
    expect(http.payloads).toEqual(records(0, 12))
    await http.stop()
  })

  it('hold the journal for each other: what one has not delivered is not deleted, though another has', async () => {
    const http = await RunningHttp.start(folder, { journal: { segment: '1KiB', keep: { size: '8KiB' } } })
    const source = bind('slow', folder.path)
    await source.claim?.({ ...createSourceRuntime({ clock: http.clock }), pipeline: 'slow' })
    let taken = 0
    const text = 'x'.repeat(400)
    for (; (await http.post(JSON.stringify({ i: taken, text }))).status === 200; taken++) {
      const read = await http.read(taken + 1)
      http.source.checkpointed?.('lane-0', read[taken].position)
    }
    expect(taken).toBeGreaterThan(10)
    expect((await readSome('slow', taken)).payloads.map((payload) => (JSON.parse(payload) as { i: number }).i)).toEqual(Array.from({ length: taken }, (_, i) => i))
    await http.stop()
    await source.close?.()
  })

  it('of another process are refused', async () => {
    const http = await RunningHttp.start(folder)
    const path = await realpath(`${folder.path}/${JOURNAL}`)
    await expect(lockJournal(path)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(/another process/) as string })
    await http.stop()
    await (await lockJournal(path))()
  })
})

describeSource('journal', async () => {
  const own = await TestFolder.create()
  const clock = new TestClock()
  const http = await RunningHttp.start(own, { journal: { lanes: 2 }, partitionKey: { field: 'key' } }, { clock })
  for (let i = 0; i < 20; i++) await http.post(JSON.stringify([{ key: `k${i}`, i }, { key: `k${i % 3}`, text: 'x'.repeat(i * 5) }]))
  await http.stop()
  const source = bind('suite', own.path)
  return {
    source,
    clock,
    records: 40,
    close: async () => {
      await source.close?.()
      await own.remove()
    },
  }
})
