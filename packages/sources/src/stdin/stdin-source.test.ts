import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Source } from '@standpipe/core'
import { createSourceRuntime, describeSource, readSource } from '@standpipe/testkit'
import { stdinSource } from './stdin-source.js'

const LINES = Array.from({ length: 40 }, (_, i) => `{"id":${i},"text":"line ${i}"}`)

function bind(open: () => Readable, config: unknown = {}): Source {
  const definition = stdinSource(open)
  return definition.bind(definition.config.parse(config), { pipeline: 'test', directory: '/', warn: () => {} })
}

describeSource('stdin', () => {
  let taken = 0
  const open = (): Readable => {
    const pending = LINES.map((line) => Buffer.from(`${line}\n`))
    return new Readable({
      highWaterMark: 1,
      read() {
        const chunk = pending.shift()
        taken += chunk?.length ?? 0
        this.push(chunk ?? null)
      },
    })
  }
  return { source: bind(open), takenBytes: () => taken }
})

describe('stdin', () => {
  it('reads CSV with its header, whatever the chunks', async () => {
    const bytes = Buffer.from('\ufeffid,name\r\n1,"a\nb"\r\n2,가\r\n')
    for (const size of [1, 2, 5, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
      const { records, ended } = await readSource(bind(() => Readable.from(chunks), { format: 'csv' }))
      expect(records.map(({ payload }) => Buffer.from(payload, 'latin1').toString())).toEqual(['1,"a\nb"', '2,가'])
      expect(ended).toEqual(['stdin'])
    }
  })

  it('stops while it waits for input, and lets go of the stream', async () => {
    const stream = new PassThrough()
    const stopping = new AbortController()
    const events = bind(() => stream).read(createSourceRuntime({ stopping: stopping.signal }))[Symbol.asyncIterator]()
    stream.write('{"a":1}\n')
    expect((await events.next()).done).toBe(false)
    const waiting = events.next()
    stopping.abort(new Error('draining'))
    expect((await waiting).done).toBe(true)
    expect(stream.destroyed).toBe(true)
  })

  it('reports a stream that fails as unreadable', async () => {
    const broken = new Readable({ read() { this.destroy(new Error('EIO')) } })
    await expect(readSource(bind(() => broken))).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' })
  })
})
