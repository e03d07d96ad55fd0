import type { MemoryBudget } from './memory-budget.js'
import type { ScratchExtent, ScratchFile } from './scratch-file.js'

const KEEP_IN_MEMORY_BYTES = 64 * 1024

/** Encoded bytes of one object that wait until a part is full: a little in memory, the rest in the scratch file. */
export class PartBuffer {
  private extents: ScratchExtent[] = []
  private chunks: Uint8Array[] = []
  private chunkBytes = 0
  private extentBytes = 0
  private takenBytes = 0

  constructor(
    private readonly scratch: ScratchFile,
    private readonly memory: MemoryBudget,
  ) {}

  /** Bytes that wait, in memory and in the scratch file. */
  get bytes(): number {
    return this.chunkBytes + this.extentBytes
  }

  /** Bytes that wait in memory. */
  get waitingBytes(): number {
    return this.chunkBytes
  }

  /** Bytes in memory: what waits there, and what was taken and not yet {@link sent}. */
  get memoryBytes(): number {
    return this.chunkBytes + this.takenBytes
  }

  add(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.chunks.push(chunk)
      this.chunkBytes += chunk.length
      this.memory.charge(chunk.length)
    }
  }

  /** Moves what waits in memory to the scratch file, where it has room: all of it, or only if it is more than a little. */
  async spill(keepLittle: boolean): Promise<void> {
    if (this.chunkBytes <= (keepLittle ? KEEP_IN_MEMORY_BYTES : 0) || !this.scratch.hasRoom(this.chunkBytes)) return
    const extent = await this.scratch.store(Buffer.concat(this.chunks, this.chunkBytes))
    if (extent === undefined) return
    this.takeChunks()
    this.extents.push(extent)
    this.extentBytes += extent.bytes
  }

  /** All that waits, as one; nothing is left. It counts against the budget until it is {@link sent}. */
  async take(): Promise<Uint8Array> {
    const bytes = this.bytes
    this.takenBytes += bytes
    this.memory.charge(bytes)
    const whole = new Uint8Array(bytes)
    let at = 0
    for (const extent of this.extents.splice(0)) {
      await this.scratch.take(extent, whole, at)
      at += extent.bytes
    }
    this.extentBytes = 0
    for (const chunk of this.takeChunks()) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  /** What was taken has left memory. */
  sent(): void {
    this.memory.release(this.takenBytes)
    this.takenBytes = 0
  }

  /** Forgets all that waits. */
  discard(): void {
    for (const extent of this.extents.splice(0)) this.scratch.free(extent)
    this.extentBytes = 0
    this.takeChunks()
    this.sent()
  }

  private takeChunks(): Uint8Array[] {
    this.memory.release(this.chunkBytes)
    this.chunkBytes = 0
    return this.chunks.splice(0)
  }
}
