import { open, type FileHandle } from 'node:fs/promises'
import { StandpipeError } from '../model/index.js'

const BLOCK_BYTES = 64 * 1024

/** Bytes that wait in the scratch file. */
export interface ScratchExtent {
  readonly blocks: readonly number[]
  readonly bytes: number
}

/**
 * A file for encoded bytes that wait until a part of an upload is full: a cache, never durability, so that
 * hundreds of open partitions need little memory. Blocks of 64 KiB are used again once they are freed.
 */
export class ScratchFile {
  private readonly freeBlocks: number[] = []
  private blocks = 0
  private file: Promise<FileHandle> | undefined

  constructor(
    private readonly path: string,
    private readonly limitBytes: number,
  ) {}

  /** Bytes in use, in whole blocks. */
  get usedBytes(): number {
    return (this.blocks - this.freeBlocks.length) * BLOCK_BYTES
  }

  /** Whether `bytes` more fit under the limit. */
  hasRoom(bytes: number): boolean {
    return this.usedBytes + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES <= this.limitBytes
  }

  /** Writes bytes away. Throws DISK_FULL. */
  async store(bytes: Uint8Array): Promise<ScratchExtent> {
    const file = await this.opened()
    const blocks: number[] = []
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = this.freeBlocks.pop() ?? this.blocks++
      blocks.push(block)
      await this.attempt(() => writeFully(file, bytes.subarray(at, at + BLOCK_BYTES), block * BLOCK_BYTES))
    }
    return { blocks, bytes: bytes.length }
  }

  /** Reads an extent back into `target` at `offset`, and frees it. */
  async take(extent: ScratchExtent, target: Uint8Array, offset: number): Promise<void> {
    const file = await this.opened()
    let left = extent.bytes
    let at = offset
    for (const block of extent.blocks) {
      const length = Math.min(left, BLOCK_BYTES)
      await this.attempt(() => readFully(file, target.subarray(at, at + length), block * BLOCK_BYTES))
      at += length
      left -= length
    }
    this.free(extent)
  }

  free(extent: ScratchExtent): void {
    this.freeBlocks.push(...extent.blocks)
  }

  async close(): Promise<void> {
    const file = await this.file
    await file?.close()
  }

  private opened(): Promise<FileHandle> {
    // Unlinked by nobody: the next run truncates it, and it lies in the pipeline's own state folder.
    this.file ??= this.attempt(() => open(this.path, 'w+', 0o600))
    return this.file
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      const full = (error as NodeJS.ErrnoException).code === 'ENOSPC'
      throw new StandpipeError(`the scratch file ${this.path} cannot be used`, {
        code: full ? 'DISK_FULL' : 'SINK_UNREACHABLE',
        retryable: full,
        component: 'scratch',
        cause: error,
      })
    }
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
