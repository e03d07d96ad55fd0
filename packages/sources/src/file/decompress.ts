import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { StandpipeError } from '@standpipe/core'
import type { Compression } from './compression.js'

/** Reads compressed bytes at a position, as {@link readAt} does. */
export type ReadCompressed = (position: number, length: number) => Promise<Uint8Array>

/** One decompressor: what a piece of input gives. Rejects where the input is damaged. */
interface Inflater {
  write(input: Uint8Array): Promise<readonly Uint8Array[]>
  /** Rejects where the input ended too early. */
  end(): Promise<readonly Uint8Array[]>
  close(): void
}

/** Input given at once: what bounds memory, since 1 byte may become 1,032 (gzip), or 4 bytes 128 KiB (zstd). */
const INPUT_BYTES: Readonly<Record<'gzip' | 'zstd', number>> = { gzip: 16 * 1024, zstd: 1024 }
const READ_BYTES = 256 * 1024

/**
 * Decompresses a file from its start; concatenated members and frames are one stream. Where the input is
 * damaged or cut off, all that can be had before that place is given, then SOURCE_DATA_CORRUPT is thrown.
 */
export async function* decompress(read: ReadCompressed, compression: Exclude<Compression, 'none'>, path: string): AsyncGenerator<Uint8Array> {
  let produced = 0
  const damage = { at: -1 }
  try {
    for await (const chunk of inflate(read, compression, Infinity, damage)) {
      produced += chunk.length
      yield chunk
    }
    return
  } catch (error) {
    if (damage.at < 0) throw error
  }
  // A decompressor that fails keeps what the failing piece gave before the damage: once more, byte by byte there.
  let skip = produced
  const again = { at: -1 }
  try {
    for await (const chunk of inflate(read, compression, damage.at, again)) {
      if (chunk.length > skip) {
        produced += chunk.length - skip
        yield chunk.subarray(skip)
      }
      skip = Math.max(0, skip - chunk.length)
    }
  } catch (error) {
    if (again.at < 0) throw error
    throw new StandpipeError(
      `${path}: the ${compression} data is damaged or cut off at byte ${again.at}; ${produced} bytes before it were read`,
      { code: 'SOURCE_DATA_CORRUPT', component: 'file', cause: error },
    )
  }
}

async function* inflate(
  read: ReadCompressed,
  compression: Exclude<Compression, 'none'>,
  fineFrom: number,
  damage: { at: number },
): AsyncGenerator<Uint8Array> {
  const inflater = compression === 'gzip' ? gunzip() : unzstd()
  let position = 0
  try {
    for (let input = await read(0, READ_BYTES); input.length > 0; input = await read(position, READ_BYTES)) {
      for (let at = 0; at < input.length;) {
        const size = position >= fineFrom ? 1 : Math.min(INPUT_BYTES[compression], input.length - at)
        yield* await noting(damage, position, inflater.write(input.subarray(at, at + size)))
        at += size
        position += size
      }
    }
    if (position > 0) yield* await noting(damage, position, inflater.end())
  } finally {
    inflater.close()
  }
}

async function noting<T>(damage: { at: number }, position: number, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    damage.at = position
    throw error
  }
}

function gunzip(): Inflater {
  const stream = createGunzip({ chunkSize: 64 * 1024 })
  let output: Uint8Array[] = []
  let fail: (error: Error) => void = () => {}
  stream.on('data', (chunk: Uint8Array) => output.push(chunk))
  stream.on('error', (error) => fail(error))
  const taken = (run: (done: () => void) => void): Promise<readonly Uint8Array[]> =>
    new Promise((resolve, reject) => {
      fail = reject
      run(() => {
        const chunks = output
        output = []
        resolve(chunks)
      })
    })
  return {
    write: (input) => taken((done) => stream.write(input, (error) => (error ? fail(error) : done()))),
    end: () =>
      taken((done) => {
        stream.once('end', done)
        stream.end()
      }),
    close: () => void stream.destroy(),
  }
}

function unzstd(): Inflater {
  let output: Uint8Array[] = []
  const stream = new Decompress((chunk) => {
    if (chunk.length > 0) output.push(chunk)
  })
  const push = async (input: Uint8Array, final: boolean): Promise<readonly Uint8Array[]> => {
    stream.push(input, final)
    const chunks = output
    output = []
    return chunks
  }
  return { write: (input) => push(input, false), end: () => push(new Uint8Array(0), true), close: () => {} }
}
