import { Writable } from 'node:stream'
import type { RecordWriter, Runtime } from '@standpipe/core/component'
import { bindSink, describeRecordSink, describeSink, textBatch } from '@standpipe/testkit'
import { describe, expect, it } from 'vitest'
import { stdoutSink } from './stdout-sink.js'

const never = new AbortController().signal
const refuse = (): void => undefined

async function openOn(stream: Writable): Promise<RecordWriter> {
  const sink = await bindSink(stdoutSink(() => stream), {})
  if (sink.kind !== 'record') throw new TypeError('stdout is a record sink')
  return sink.open({} as Runtime)
}

describeSink(stdoutSink(() => new Writable()))

describeRecordSink('stdout', async () => {
  let written = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        written += chunk.toString()
        done()
      })
    },
  })
  return {
    writer: await openOn(stream),
    received: async () => written.split('\n').slice(0, -1),
    close: async () => undefined,
  }
})

describe('stdout', () => {
  it('waits until the stream has taken a batch before it takes the next', async () => {
    const waiting: (() => void)[] = []
    const stream = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void waiting.push(done) })
    const writer = await openOn(stream)
    let resolved = false
    const write = writer.write(textBatch(['a']), never, refuse).then(() => (resolved = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(resolved).toBe(false)
    waiting[0]()
    await write
    expect(resolved).toBe(true)
  })

  it('ends with SINK_CLOSED, not with a crash, when the reader goes away', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('broken'), { code: 'EPIPE' })) })
    const writer = await openOn(stream)
    await expect(writer.write(textBatch(['a']), never, refuse)).rejects.toMatchObject({ code: 'SINK_CLOSED', retryable: false })
    await expect(writer.write(textBatch(['b']), never, refuse)).rejects.toMatchObject({ code: 'SINK_CLOSED', retryable: false })
    await writer.close()
  })

  it('says what else went wrong, and leaves the stream open and without listeners', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('i/o'), { code: 'EIO' })) })
    await expect((await openOn(broken)).write(textBatch(['a']), never, refuse)).rejects.toMatchObject({ code: 'SINK_REJECTED' })
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
    const writer = await openOn(stream)
    await writer.close()
    expect([stream.listenerCount('error'), stream.writableEnded]).toEqual([0, false])
  })
})
