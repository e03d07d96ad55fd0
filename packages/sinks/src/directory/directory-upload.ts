import { StandpipeError, type ErrorCode } from '@standpipe/core/model'
import { fileErrorCode, type FileLayer, type ObjectUpload, type StagedObject } from '@standpipe/core/component'
import { mapFileError, withFileErrors } from './file-errors.js'

/** Where an upload writes, and what it becomes. */
export interface DirectoryTarget {
  readonly key: string
  readonly identity: string
  readonly stagingPath: string
  readonly stagingFolder: string
}

/** What the ledger keeps of a staged file. */
export interface DirectoryStaging {
  /** Name in the staging folder. */
  readonly file: string
}

/**
 * An object being written to a temporary file. Each write goes to the position where the last finished one
 * ended, so that a write that failed half-way is simply made again.
 */
export class DirectoryUpload implements ObjectUpload {
  private bytes = 0
  private failure: { readonly code: ErrorCode; readonly cause: unknown } | undefined

  constructor(
    private readonly files: FileLayer,
    private readonly target: DirectoryTarget,
    private readonly file: string,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    await withFileErrors(`write ${this.target.key}`, () => this.files.writeAt(this.target.stagingPath, this.bytes, bytes))
    this.bytes += bytes.length
  }

  async stage(): Promise<StagedObject> {
    if (this.failure !== undefined) {
      const message = `${this.target.key} was not made durable before; it must be written again`
      throw new StandpipeError(message, { ...this.failure, component: 'directory' })
    }
    if (this.bytes === 0) await this.write(new Uint8Array(0))
    try {
      await this.files.syncFile(this.target.stagingPath, this.bytes)
      await this.files.syncDirectory(this.target.stagingFolder)
    } catch (error) {
      // After a failed fsync the kernel may count the lost pages as clean: a second fsync would succeed and lie.
      const mapped = mapFileError(error, `make ${this.target.key} durable`, { retryable: false })
      this.failure = { code: mapped.code, cause: mapped }
      throw mapped
    }
    const upload: DirectoryStaging = { file: this.file }
    return { key: this.target.key, identity: this.target.identity, bytes: this.bytes, upload }
  }

  async abort(): Promise<void> {
    await removeIfThere(this.files, this.target.stagingPath)
  }
}

/** Removes a file; that it is gone already is fine. */
export async function removeIfThere(files: FileLayer, path: string): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw mapFileError(error, `remove ${path}`)
  }
}
