import { randomUUID } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { StandpipeError } from '@standpipe/core/model'
import {
  fileErrorCode,
  nodeFileLayer,
  type FileLayer,
  type FileStatus,
  type ListedObject,
  type ObjectProperties,
  type ObjectStore,
  type ObjectUpload,
  type PublishOutcome,
  type StagedObject,
} from '@standpipe/core/component'
import { DirectoryUpload, removeIfThere, type DirectoryStaging, type DirectoryTarget } from './directory-upload.js'
import { mapFileError, withFileErrors } from './file-errors.js'
import { FolderTree } from './folder-tree.js'
import { listFiles, readFileRange } from './read-directory.js'
import { identityOfStagedName, isStagedName, keySegments, stagedName, STAGING_FOLDER } from './key-path.js'

/** Where a directory store puts its objects. */
export interface DirectoryStoreOptions {
  /** The folder; made at `open` where it is not there. */
  readonly path: string
  /** The file system; the real one by default. */
  readonly files?: FileLayer
}

/**
 * Objects as files of a folder. An object is written to a temporary file in `.standpipe-staging`, made
 * durable, and published with `link` and `unlink`: a `rename` would overwrite. The temporary name is given
 * up only after the final one is durable, so at any moment at least one of them survives a power failure.
 */
export class DirectoryStore implements ObjectStore {
  readonly location: string
  readonly minPartBytes = 0
  private readonly root: string
  private readonly staging: string
  private readonly files: FileLayer
  private readonly folders: FolderTree

  constructor(options: DirectoryStoreOptions) {
    this.root = resolve(options.path)
    this.location = `${options.path}/`
    this.staging = join(this.root, STAGING_FOLDER)
    this.files = options.files ?? nodeFileLayer
    this.folders = new FolderTree(this.files, this.root)
  }

  async open(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted()
    return withFileErrors(`open ${this.location}`, async () => {
      await this.makeRoot(this.root)
      await this.folders.make([STAGING_FOLDER])
      await this.probe()
      if (await this.files.syncDirectory(this.staging)) return []
      return [`${this.location} is on a file system that cannot sync folders: a power failure may undo what was published last`]
    })
  }

  async begin(key: string, properties: ObjectProperties): Promise<ObjectUpload> {
    keySegments(key)
    return new DirectoryUpload(this.files, this.targetOf(key, properties.identity), stagedName(properties.identity))
  }

  async put(key: string, bytes: Uint8Array, properties: ObjectProperties): Promise<void> {
    const upload = await this.begin(key, properties)
    await upload.write(bytes)
    await this.publish(await upload.stage())
  }

  async publish(staged: StagedObject): Promise<PublishOutcome> {
    return withFileErrors(`publish ${staged.key}`, async () => {
      const segments = keySegments(staged.key)
      const temporary = this.temporaryOf(staged)
      const final = join(this.root, ...segments)
      const held = await this.files.stat(temporary)
      if (held === undefined) return this.lookForPublished(staged, final)
      await this.folders.make(segments.slice(0, -1))
      if (!(await this.linkOnce(temporary, final, held))) return this.lookForPublished(staged, final)
      await this.files.syncDirectory(dirname(final))
      await removeIfThere(this.files, temporary)
      return 'published'
    })
  }

  async discard(staged: StagedObject): Promise<void> {
    await removeIfThere(this.files, this.temporaryOf(staged))
  }

  /** Yields the identity as key as well: the name in the staging folder does not tell the key. The time is that of the last write. */
  async *listStaged(): ReturnType<ObjectStore['listStaged']> {
    for (const name of await withFileErrors(`list ${this.location}`, () => this.files.list(this.staging))) {
      const identity = identityOfStagedName(name)
      const path = join(this.staging, name)
      const status = identity === undefined ? undefined : await withFileErrors(`look at ${path}`, () => this.files.stat(path))
      if (identity === undefined || status === undefined) continue
      yield { identity, key: identity, startedMs: status.modifiedMs, discard: () => removeIfThere(this.files, path) }
    }
  }

  /** Looks at the real file system, whatever layer is in its place. */
  list(prefix: string): AsyncIterable<ListedObject> {
    return listFiles(this.root, prefix)
  }

  async readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return readFileRange(join(this.root, ...keySegments(key)), start, end)
  }

  async close(): Promise<void> {
    // Nothing is kept open between calls.
  }

  private targetOf(key: string, identity: string): DirectoryTarget {
    return { key, identity, stagingFolder: this.staging, stagingPath: join(this.staging, stagedName(identity)) }
  }

  private temporaryOf(staged: StagedObject): string {
    const { file } = staged.upload as DirectoryStaging
    if (!isStagedName(file)) {
      throw new StandpipeError(`${JSON.stringify(file)} names no staged file`, { code: 'LEDGER_CORRUPT', component: 'directory' })
    }
    return join(this.staging, file)
  }

  /** Links; resolves to false where the temporary file has just gone: another process published it, or it was removed. */
  private async linkOnce(temporary: string, final: string, held: FileStatus): Promise<boolean> {
    try {
      await this.files.link(temporary, final)
      return true
    } catch (error) {
      const code = fileErrorCode(error)
      if (code === 'ENOENT') {
        if ((await this.files.stat(temporary)) === undefined) return false
        throw new StandpipeError(`${dirname(final)} was removed while something was published into it`, {
          code: 'SINK_BUSY',
          retryable: true,
          component: 'directory',
          cause: error,
        })
      }
      if (code !== 'EEXIST') throw error
      const there = await this.files.stat(final)
      if (there?.id === held.id) return true
      throw keyTaken(final)
    }
  }

  /** The temporary file is gone: either an earlier call published it, or someone removed it. */
  private async lookForPublished(staged: StagedObject, final: string): Promise<PublishOutcome> {
    const there = await this.files.stat(final)
    if (there !== undefined) {
      if (there.bytes !== staged.bytes) throw keyTaken(final)
      return 'published'
    }
    // A folder that is not mounted looks like one whose files were removed; only the latter is `vanished`.
    if ((await this.files.stat(this.staging)) !== undefined) return 'vanished'
    throw new StandpipeError(`${this.staging} is gone: is the file system mounted?`, { code: 'SINK_NOT_FOUND', component: 'directory' })
  }

  private async makeRoot(path: string): Promise<void> {
    if ((await this.files.stat(path)) !== undefined) return
    await this.makeRoot(dirname(path))
    await this.files.makeDirectory(path)
    await this.files.syncDirectory(dirname(path))
  }

  /** Goes once through what a publish needs, so that a read-only folder or a file system without links is known at the start. */
  private async probe(): Promise<void> {
    const name = join(this.staging, `.probe-${randomUUID()}`)
    await this.files.writeAt(name, 0, new Uint8Array(1))
    try {
      await this.files.link(name, `${name}-link`)
      await this.files.unlink(`${name}-link`)
    } catch (error) {
      const code = fileErrorCode(error)
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
      throw new StandpipeError(`${this.location} is on a file system without hard links, which publishing needs`, {
        code: 'SINK_REJECTED',
        component: 'directory',
        cause: mapFileError(error, 'link'),
      })
    } finally {
      await removeIfThere(this.files, name)
    }
  }
}

function keyTaken(path: string): StandpipeError {
  return new StandpipeError(`${path} exists and is another object; nothing is overwritten`, { code: 'SINK_REJECTED', component: 'directory' })
}
