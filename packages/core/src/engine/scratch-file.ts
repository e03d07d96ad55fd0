import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import type { Runtime } from '../component/index.js'
import { StandpipeError } from '../model/index.js'

const BLOCK_BYTES = 64 * 1024
/** A disk that was full, or a folder that could not be written, is tried again after this time. */
const TRY_AGAIN_MS = 60_000

/** Bytes that wait in the scratch file. */
export interface ScratchExtent {
  readonly blocks: readonly number[]
  readonly bytes: number
}

/**
 * A file for encoded bytes that wait until a part of an upload is full: a cache, never durability, so that
 * hundreds of open partitions need little memory. Blocks of 64 KiB are used again once they are freed. The file has
 * a name of its own and loses it as soon as it is open, so that nothing of it outlives the process. Where it cannot be
 * made or written, the engine goes on without: the bytes stay in memory, and pressure rolls objects.
 */
export class ScratchFile {
  private readonly path: string
  private readonly freeBlocks: number[] = []
  private blocks = 0
  private file: Promise<FileHandle> | undefined
  private stillNamed = false
  private unusableUntilMs = -Infinity
  private warned = false

  /** `path` begins its name. Nothing is opened before the first bytes are stored. */
  constructor(
    path: string,
    private readonly limitBytes: number,
    private readonly runtime: Pick<Runtime, 'clock' | 'log'>,
  ) {
    this.path = `${path}-${randomUUID()}`
  }

  /** Bytes in use, in whole blocks. */
  get usedBytes(): number {
    return (this.blocks - this.freeBlocks.length) * BLOCK_BYTES
  }

  /** Whether `bytes` more fit under the limit, and the file can be written as far as is known. */
  hasRoom(bytes: number): boolean {
    if (this.usedBytes + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES > this.limitBytes) return false
    return this.unusableUntilMs === -Infinity || this.runtime.clock.monotonic() >= this.unusableUntilMs
  }

  /** Writes bytes away. Undefined where that failed: they are still the caller's, and {@link hasRoom} says no for a while. */
  async store(bytes: Uint8Array): Promise<ScratchExtent | undefined> {
    const blocks: number[] = []
    try {
      const file = await this.opened()
      for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
        const block = this.freeBlocks.pop() ?? this.blocks++
        blocks.push(block)
        await writeFully(file, bytes.subarray(at, at + BLOCK_BYTES), block * BLOCK_BYTES)
      }
    } catch (error) {
      this.freeBlocks.push(...blocks)
      this.putAside(error)
      return undefined
    }
    this.unusableUntilMs = -Infinity
    return { blocks, bytes: bytes.length }
  }

  /** Reads an extent back into `target` at `offset`, and frees it. Throws SINK_UNREACHABLE: what cannot be read back is lost to this run. */
  async take(extent: ScratchExtent, target: Uint8Array, offset: number): Promise<void> {
    let left = extent.bytes
    let at = offset
    try {
      const file = await this.opened()
      for (const block of extent.blocks) {
        const length = Math.min(left, BLOCK_BYTES)
        await readFully(file, target.subarray(at, at + length), block * BLOCK_BYTES)
        at += length
        left -= length
      }
    } catch (error) {
      throw new StandpipeError(`the scratch file ${this.path} cannot be read back`, { code: 'SINK_UNREACHABLE', component: 'scratch', cause: error })
    }
    this.free(extent)
  }

  free(extent: ScratchExtent): void {
    this.freeBlocks.push(...extent.blocks)
  }

  async close(): Promise<void> {
    const file = await this.file?.catch(() => undefined) // told where it was asked for
    await file?.close()
    if (this.stillNamed) await unlink(this.path)
  }

  private async opened(): Promise<FileHandle> {
    this.file ??= this.create()
    try {
      return await this.file
    } catch (error) {
      this.file = undefined
      throw error
    }
  }

  private async create(): Promise<FileHandle> {
    const file = await open(this.path, 'wx+', 0o600)
    await unlink(this.path).catch((error: unknown) => {
      this.stillNamed = true
      this.runtime.log.debug('the scratch file keeps its name until it is closed', { path: this.path, error: String(error) })
    })
    return file
  }

  private putAside(error: unknown): void {
    this.unusableUntilMs = this.runtime.clock.monotonic() + TRY_AGAIN_MS
    if (this.warned) return
    this.warned = true
    this.runtime.log.warn('the scratch file cannot be written: open objects stay in memory, and are finished early when it is short', {
      path: this.path,
      error: String(error),
    })
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) throw new Error('the scratch file is shorter than what was written to it')
    done += bytesRead
  }
}
