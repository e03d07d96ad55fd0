import { gzipSync } from 'node:zlib'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '@standpipe/core'
import { createSourceRuntime, describeSource, recordsOf, TestClock, TestFolder, type ReadRecord, type SourceRuntimeOptions } from '@standpipe/testkit'
import { fileSource } from './file-source.js'

function bind(folder: TestFolder, config: object): Source {
  return fileSource.bind(fileSource.config.parse({ follow: true, ...config }), { pipeline: 'test', directory: folder.path, warn: () => {} })
}

/** Reads a followed source in the background; `look` lets it look once more and returns what it gave. */
class Following {
  readonly records: ReadRecord[] = []
  readonly ended: string[] = []
  readonly warnings: string[] = []
  done = false
  private readonly clock = new TestClock()
  private readonly stopping = new AbortController()
  private readonly reading: Promise<void>
  private told = 0

  constructor(source: Source, options: SourceRuntimeOptions = {}) {
    const runtime = createSourceRuntime({
      ...options,
      clock: this.clock,
      stopping: this.stopping.signal,
      log: (level, message) => level === 'warn' && this.warnings.push(message),
    })
    this.reading = (async () => {
      for await (const event of source.read(runtime)) {
        if (event.kind === 'shardEnd') this.ended.push(event.shard)
        else this.records.push(...recordsOf(event))
      }
    })().finally(() => {
      this.done = true
    })
  }

  async look(times = 1): Promise<string[]> {
    for (let i = 0; i < times; i++) {
      await this.settle()
      await this.clock.advance(1_000)
      await this.settle()
    }
    const news = this.records.slice(this.told).map(({ shard, payload }) => `${shard} ${payload}`)
    this.told = this.records.length
    return news
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('draining'))
    await this.reading
  }

  private async settle(): Promise<void> {
    while (this.clock.pendingTimers === 0 && !this.done) await new Promise((resolve) => setImmediate(resolve))
    if (this.done) await this.reading
  }
}

describeSource('file that is followed', async () => {
  const folder = await TestFolder.create()
  await folder.write('a.jsonl', Array.from({ length: 20 }, (_, i) => `{"id":${i}}\n`).join(''))
  return { source: bind(folder, { path: '*.jsonl' }), batchBytes: 64, records: 20, close: () => folder.remove() }
})

describe('following files', () => {
  let folder: TestFolder
  let following: Following | undefined
  beforeEach(async () => {
    folder = await TestFolder.create()
  })
  afterEach(async () => {
    await following?.stop()
    await folder.remove()
  })
  const follow = (config: object, options?: SourceRuntimeOptions): Following => (following = new Following(bind(folder, config), options))

  it('waits for the first file, and gives complete lines only', async () => {
    const run = follow({ path: 'app.log' })
    expect(await run.look()).toEqual([])
    expect(run.warnings).toEqual(['no file yet; waiting for one'])
    await folder.write('app.log', '1\n2')
    expect(await run.look()).toEqual(['app.log 1'])
    await folder.append('app.log', '3\n')
    expect(await run.look()).toEqual(['app.log 23'])
    expect(await run.look(3)).toEqual([])
    expect(run.ended).toEqual([])
  })

  it('finishes a rotated file by its descriptor, and starts the new one as a new generation', async () => {
    await folder.write('app.log', '1\n')
    const run = follow({ path: 'app.log' })
    expect(await run.look()).toEqual(['app.log 1'])
    await folder.rename('app.log', 'app.log.1')
    await folder.append('app.log.1', '2\nlast')
    await folder.write('app.log', '3\n')
    expect((await run.look(4)).sort()).toEqual(['app.log 2', 'app.log last', 'app.log#2 3'])
    expect(run.ended).toEqual(['app.log'])
    await folder.append('app.log', '4\n')
    expect(await run.look()).toEqual(['app.log#2 4'])
  })

  it('does not read a rotated file again when the glob names it too', async () => {
    await folder.write('app.log', '1\n')
    const run = follow({ path: 'app.log*' })
    await run.look()
    for (let i = 2; i < 5; i++) {
      await folder.rename('app.log', `app.log.${i - 1}`)
      await folder.write('app.log', `${i}\n`)
      await run.look(4)
    }
    expect(run.records.map(({ payload }) => payload)).toEqual(['1', '2', '3', '4'])
    expect(run.ended).toEqual(['app.log', 'app.log#2', 'app.log#3'])
    await folder.append('app.log.1', 'late\n')
    expect((await run.look(2)).map((text) => text.split(' ')[1])).toEqual(['late'])
  })

  it('starts again at 0 when a file is emptied or overwritten in place', async () => {
    await folder.write('app.log', 'one\ntwo\n')
    const run = follow({ path: 'app.log' })
    await run.look()
    await truncate(join(folder.path, 'app.log'))
    await run.look()
    await folder.append('app.log', 'one\ntwo\nthree\n')
    expect(await run.look()).toEqual(['app.log#2 one', 'app.log#2 two', 'app.log#2 three'])
    expect(run.ended).toEqual(['app.log'])
    expect(run.warnings).toHaveLength(1)
    await folder.write('app.log', 'another content, and a longer one than before\n')
    expect(await run.look()).toEqual(['app.log#3 another content, and a longer one than before'])
  })

  it('knows the copy that logrotate makes before it empties the file', async () => {
    await folder.write('app.log', 'one\ntwo\n')
    const run = follow({ path: 'app.log*' })
    await run.look()
    await folder.write('app.log.1', 'one\ntwo\n')
    await truncate(join(folder.path, 'app.log'))
    expect(await run.look(2)).toEqual([])
  })

  it('takes up new files, and ends those that were deleted', async () => {
    await folder.write('a.csv', 'id\n1\n')
    const run = follow({ path: '*.csv', format: 'csv' })
    expect(await run.look()).toEqual(['a.csv 1'])
    await folder.write('b.csv', 'id\n7\n')
    await folder.delete('a.csv')
    expect(await run.look(3)).toEqual(['b.csv 7'])
    expect(run.ended).toEqual(['a.csv'])
  })

  it('resumes in a file that was rotated while it was not running', async () => {
    await folder.write('app.log', '1\n2\n')
    const before = follow({ path: 'app.log*' })
    await before.look()
    await before.stop()
    await folder.append('app.log', '3\n')
    await folder.rename('app.log', 'app.log.1')
    await folder.write('app.log', '4\n')
    const run = follow({ path: 'app.log*' }, { checkpoints: { 'app.log': before.records[0].position } })
    expect((await run.look(2)).sort()).toEqual(['app.log 2', 'app.log 3', 'app.log#2 4'])
  })

  it('reads a compressed file once it stands still, and ends it', async () => {
    const packed = gzipSync('1\n2\n')
    await folder.write('a.jsonl.gz', packed.subarray(0, 15))
    const run = follow({ path: '*.gz' })
    await new Promise((resolve) => setImmediate(resolve))
    await folder.append('a.jsonl.gz', packed.subarray(15))
    expect(await run.look(3)).toEqual(['a.jsonl.gz 1', 'a.jsonl.gz 2'])
    expect(run.ended).toEqual(['a.jsonl.gz'])
    expect(await run.look(3)).toEqual([])
  })

  it('stops by itself after being idle for as long as configured', async () => {
    await folder.write('a.jsonl', '1\n')
    const run = follow({ path: 'a.jsonl', follow: { poll: '1s', stopAfterIdle: '3s' } })
    expect(await run.look(2)).toEqual(['a.jsonl 1'])
    expect(run.done).toBe(false)
    await run.look(2)
    expect(run.done).toBe(true)
    expect(run.ended).toEqual([])
  })
})
