import { StandpipeError, type SourceEvent } from '@standpipe/core'
import { systemCode } from './file-bytes.js'
import { mayBeCopy, type Generation, type InspectedFile } from './file-generations.js'
import { FileReader, readHeadOf } from './file-reader.js'
import { endEvent, inspectFile, lookForFiles, recordsEvent, type FileRun } from './file-run.js'
import type { FoundFile } from './find-files.js'

/** How growing files are followed. */
export interface FollowOptions {
  readonly pollMs: number
  /** Stop when nothing came for so long; undefined: never. */
  readonly stopAfterIdleMs?: number
}

interface Followed {
  readonly reader: FileReader
  readonly generation: Generation
  /** Compressed files do not grow: they end where they end. */
  readonly complete: boolean
  /** Nothing is told of the shard until there is a record. */
  silent: boolean
  /** The file was renamed or deleted; and for how many looks since it gave nothing. */
  moved: boolean
  idleLooksSinceMoved: number
  /** Size and time of change when its first bytes were last compared. */
  state: string
}

/**
 * Reads files as they grow, are rotated, replaced and created, by looking again and again: file system events
 * differ by system, and network disks have none.
 */
export async function* follow(run: FileRun, options: FollowOptions): AsyncGenerator<SourceEvent> {
  const { runtime } = run
  const followed = new FollowedFiles(run)
  const stop = AbortSignal.any([runtime.stopping, runtime.signal])
  let idleMs = 0
  try {
    for (;;) {
      yield* followed.retire(await followed.look())
      let gave = 0
      for await (const event of followed.readAll()) {
        gave++
        yield event
        if (stop.aborted) return
      }
      idleMs = gave > 0 ? 0 : idleMs + options.pollMs
      if (stop.aborted || (options.stopAfterIdleMs !== undefined && idleMs >= options.stopAfterIdleMs)) return
      try {
        await runtime.clock.sleep(options.pollMs, stop)
      } catch (error) {
        if (!stop.aborted) throw error
        return
      }
    }
  } finally {
    await followed.close()
  }
}

class FollowedFiles {
  private open: Followed[] = []
  /** Files as they were when last decided about, so that each is inspected again only when it changed. */
  private readonly seen = new Map<string, { readonly state: string; readonly decided: boolean }>()
  private warned = false

  constructor(private readonly run: FileRun) {}

  /** Looks at the file system: notes which open files moved, opens new ones, and returns those that were overwritten. */
  async look(): Promise<readonly Followed[]> {
    const { files, unanswered } = await lookForFiles(this.run)
    if (files.length === 0 && !this.warned) {
      this.warned = true
      this.run.runtime.log.warn('no file yet; waiting for one', { patterns: unanswered, directory: this.run.directory })
    }
    const byInode = new Map(files.map((file) => [file.inode, file]))
    const overwritten: Followed[] = []
    for (const entry of this.open) {
      const found = byInode.get(entry.reader.file.inode)
      entry.moved ||= found === undefined || found.path !== entry.reader.file.path
      if (found !== undefined && (await this.isOverwritten(entry, found))) {
        entry.generation.overwritten = true
        overwritten.push(entry)
      }
    }
    this.open = this.open.filter((entry) => !overwritten.includes(entry))
    await this.openNew(files)
    return overwritten
  }

  /** Ends the shards of files whose content was overwritten in place. */
  async *retire(overwritten: readonly Followed[]): AsyncGenerator<SourceEvent> {
    for (const { reader, generation, silent } of overwritten) {
      await reader.close()
      this.run.runtime.log.warn(`${generation.path} was emptied or overwritten; what was not read of it is lost`, { shard: generation.shard })
      if (!silent) yield endEvent(generation)
      generation.ended = true
    }
  }

  /** Reads all open files, a block of each in turn, until none has more for now; ends those that will not grow. */
  async *readAll(): AsyncGenerator<SourceEvent> {
    const gave = new Set<Followed>()
    for (let reading = [...this.open]; reading.length > 0;) {
      const more: Followed[] = []
      for (const entry of reading) {
        const block = await entry.reader.next()
        if (block === undefined) continue
        entry.silent = false
        gave.add(entry)
        more.push(entry)
        yield recordsEvent(entry.generation, block)
      }
      reading = more
    }
    for (const entry of [...this.open]) {
      if (gave.has(entry)) entry.idleLooksSinceMoved = 0
      else if (entry.moved) entry.idleLooksSinceMoved++
      // A writer may hold a rotated file open for a moment longer.
      if (entry.complete || entry.idleLooksSinceMoved >= 2) yield* this.finish(entry)
    }
  }

  async close(): Promise<void> {
    for (const { reader } of this.open) await reader.close()
    this.open = []
  }

  private async *finish(entry: Followed): AsyncGenerator<SourceEvent> {
    for (const block of await entry.reader.finish()) {
      entry.silent = false
      yield recordsEvent(entry.generation, block)
    }
    this.open = this.open.filter((other) => other !== entry)
    await entry.reader.close()
    if (!entry.silent) yield endEvent(entry.generation)
    entry.generation.ended = true
  }

  private async openNew(files: readonly FoundFile[]): Promise<void> {
    const { generations, reading } = this.run
    const openInodes = new Set(this.open.map((entry) => entry.reader.file.inode))
    const inspected: InspectedFile[] = []
    for (const file of files) {
      if (openInodes.has(file.inode) || file.sizeBytes === 0) continue
      const state = `${file.inode} ${file.sizeBytes} ${file.modifiedMs}`
      const before = this.seen.get(file.path)
      const stoodStill = before?.state === state
      if (stoodStill && before.decided) continue
      const found = await unlessGone(inspectFile(file, reading))
      if (found === undefined) continue
      // Compressed files and copies that a rotation makes may still be being written: they are read once they stood still.
      const decided = stoodStill || (reading.compressionOf(found) === 'none' && !this.open.some(({ reader }) => mayBeCopy(file.path, reader.file.path)))
      this.seen.set(file.path, { state, decided })
      if (decided) inspected.push(found)
    }
    const taken = new Set(this.open.map((entry) => entry.generation))
    for (const { file, generation, from, continues } of generations.assign(inspected, taken)) {
      const reader = await unlessGone(FileReader.open(file, reading, from))
      if (reader === undefined) this.seen.delete(file.path)
      else {
        const complete = reading.compressionOf(file) !== 'none'
        this.open.push({ reader, generation, complete, silent: continues, moved: false, idleLooksSinceMoved: 0, state: '' })
      }
    }
  }

  private async isOverwritten(entry: Followed, found: FoundFile): Promise<boolean> {
    if (found.sizeBytes < entry.reader.readBytes) return true
    const state = `${found.sizeBytes} ${found.modifiedMs}`
    if (entry.state === state) return false
    entry.state = state
    const { head } = entry.reader.file
    const now = await readHeadOf(entry.reader.handle, head.length)
    return Buffer.compare(now, head) !== 0
  }
}

/** Undefined where the file went away between being listed and being opened. */
async function unlessGone<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof StandpipeError && systemCode(error.cause) === 'ENOENT') return undefined
    throw error
  }
}
