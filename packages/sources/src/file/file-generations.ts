import type { Logger, ShardId, SourceRuntime } from '@standpipe/core'
import { parseFilePosition, startsAlike, type FilePosition } from './file-position.js'
import type { FoundFile } from './find-files.js'

/** One content that stood, or stands, at a path: a shard. A file put in its place is the next generation. */
export interface Generation {
  readonly shard: ShardId
  readonly path: string
  readonly number: number
  /** After the last record read; undefined before the first. */
  position?: FilePosition
  /** What its file is known by before this process has read of it: the furthest that was read of it, which may be published already. */
  readonly known?: FilePosition
  ended: boolean
  /** Set once this process has read it, or matched it with a file. */
  inode?: string
  /** Its file was emptied or overwritten: only a copy of it may still hold its content. */
  overwritten?: boolean
}

/** A found file with its first bytes. */
export interface InspectedFile extends FoundFile {
  readonly head: Uint8Array
  /** Whether file offsets are stream offsets: not where it is compressed or in another encoding. */
  readonly offsetsAreBytes: boolean
}

/** What to do with a found file: read it as `generation`, from `from` on. */
export interface Assignment {
  readonly file: InspectedFile
  readonly generation: Generation
  readonly from: FilePosition | undefined
  /** The rest of a file that was read to its end before: nothing of it is told unless there is a record. */
  readonly continues: boolean
}

/**
 * Remembers which contents were read, and recognises them: by their first bytes together with the inode (a
 * file that was renamed) or the path. So a rotated file is read on and not again, and a replaced one from 0.
 */
export class FileGenerations {
  private readonly all: Generation[] = []

  constructor(
    runtime: Pick<SourceRuntime, 'knownShards' | 'checkpoint' | 'furthest' | 'ended'>,
    private readonly log: Logger,
    private readonly follow: boolean,
  ) {
    for (const shard of runtime.knownShards) {
      const position = runtime.checkpoint(shard)
      const known = runtime.furthest?.(shard) ?? position
      this.all.push({
        ...parseShard(shard),
        shard,
        position: position === undefined ? undefined : parseFilePosition(position),
        known: known === undefined ? undefined : parseFilePosition(known),
        ended: runtime.ended(shard),
      })
    }
  }

  /** Whether earlier runs read anything. */
  get isEmpty(): boolean {
    return this.all.length === 0
  }

  /** Decides about files that nobody reads at the moment; those that were read to their end are left out. */
  assign(files: readonly InspectedFile[], reading: ReadonlySet<Generation>): Assignment[] {
    const matched = new Map<InspectedFile, Generation>()
    const taken = new Set(reading)
    const rules: ((file: InspectedFile, known: Generation) => boolean)[] = [
      (file, known) => (known.inode ?? lastKnown(known)?.inode) === file.inode && known.overwritten !== true,
      (file, known) => known.path === file.path && known.overwritten !== true,
      // `copytruncate` of logrotate copies app.log to app.log.1 before it empties it.
      (file, known) => this.follow && mayBeCopy(file.path, known.path),
    ]
    for (const rule of rules) {
      for (const file of files) {
        if (matched.has(file)) continue
        const known = this.all.findLast((generation) => !taken.has(generation) && rule(file, generation) && isContentOf(generation, file))
        if (known === undefined) continue
        known.inode = file.inode
        matched.set(file, known)
        taken.add(known)
      }
    }
    return files.flatMap((file) => this.assignmentOf(file, matched.get(file)))
  }

  /** Files of earlier runs that were not read to their end and are gone; for a warning. */
  unfinished(reading: ReadonlySet<Generation>): Generation[] {
    return this.all.filter((generation) => !generation.ended && !reading.has(generation))
  }

  private assignmentOf(file: InspectedFile, known: Generation | undefined): Assignment[] {
    if (known === undefined) return [{ file, generation: this.create(file), from: undefined, continues: false }]
    if (!known.ended) return [{ file, generation: known, from: known.position, continues: false }]
    const grown = file.offsetsAreBytes && file.sizeBytes > (known.position?.offset ?? 0)
    return grown ? [{ file, generation: this.create(file), from: known.position, continues: true }] : []
  }

  private create(file: InspectedFile): Generation {
    const earlier = this.all.filter((generation) => generation.path === file.path)
    const number = Math.max(0, ...earlier.map((generation) => generation.number)) + 1
    const generation: Generation = { shard: shardOf(file.path, number), path: file.path, number, ended: false, inode: file.inode }
    this.all.push(generation)
    const left = earlier.find((other) => !other.ended && lastKnown(other) !== undefined && other.inode === undefined)
    if (left !== undefined) {
      this.log.warn(`${file.path} holds other content than when it was last read, and is read from its start`, { shard: generation.shard })
    }
    return generation
  }
}

/** Whether a name is the one a rotation gives to a copy: `app.log.1`, `app.log-20260301` of `app.log`. */
export function mayBeCopy(path: string, of: string): boolean {
  return path.length > of.length && path.startsWith(of)
}

function isContentOf(generation: Generation, file: InspectedFile): boolean {
  const position = lastKnown(generation)
  if (position === undefined) return generation.path === file.path || generation.inode === file.inode
  return startsAlike(position, file.head) && !(file.offsetsAreBytes && file.sizeBytes < position.offset)
}

/** The position that says most about a generation's file. */
export function lastKnown({ position, known }: Generation): FilePosition | undefined {
  if (position === undefined || known === undefined) return position ?? known
  return known.offset > position.offset ? known : position
}

/** `path`, and from the second generation on `path#2`. A path that ends like one is always numbered. */
function shardOf(path: string, number: number): ShardId {
  return number === 1 && !/#\d+$/.test(path) ? path : `${path}#${number}`
}

function parseShard(shard: ShardId): { readonly path: string; readonly number: number } {
  const [, path, number] = /^(.*)#(\d+)$/s.exec(shard) ?? [shard, shard, '1']
  return { path, number: Number(number) }
}
