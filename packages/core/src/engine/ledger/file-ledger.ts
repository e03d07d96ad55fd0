import { resolve } from 'node:path'
import { fileErrorCode, nodeFileLayer, type FileLayer, type LedgerBlobs, type LedgerChange, type LedgerDocument, type LedgerStore } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'
import { formatLedgerChange, parseLedgerVersion } from './document.js'
import { createFileBlobs } from './file-blobs.js'
import { LedgerState } from './state.js'
import { isDenied, VersionFolder } from './version-folder.js'

/** A version that was listed may be gone when it is read, where somebody writes meanwhile. */
const READ_ATTEMPTS = 10
/** Versions that hold a change, between two that hold the document; with fewer where they come to as many bytes as it. */
const MOST_CHANGES = 100
const LEAST_CHANGE_BYTES = 16 * 1024

/**
 * A ledger in a folder of its own: a file for each version, which holds the document, or what changed since the
 * version before. So a save costs what it changes, and a start reads a document and the changes after it.
 * What `load` gives is durable.
 */
export function createFileLedger(folder: string, files: FileLayer = nodeFileLayer): LedgerStore {
  return new FileLedger(folder, files)
}

/** Looks at the ledger in a folder without touching it: makes nothing, cleans up nothing, and fences nobody. */
export async function peekFileLedger(folder: string): Promise<LedgerDocument | undefined> {
  return new FileLedger(folder, nodeFileLayer).peek()
}

type Version = Pick<LedgerDocument, 'epoch' | 'seq'>

/** What is known of the newest version. */
interface Newest extends Version {
  readonly number: number
  /** The newest version that holds a document, and its length; and how many bytes of changes came after it. */
  readonly base: number
  readonly documentBytes: number
  readonly changeBytes: number
}

class FileLedger implements LedgerStore {
  readonly blobs: LedgerBlobs
  private readonly versions: VersionFolder
  /** After a save or load of this process: what it need not read again. */
  private newest: Newest | undefined

  constructor(
    readonly location: string,
    files: FileLayer,
  ) {
    const folder = resolve(location)
    this.versions = new VersionFolder(folder, files)
    this.blobs = createFileBlobs(folder, files, (call) => this.attempt(call))
  }

  load(): Promise<LedgerDocument | undefined> {
    return this.attempt(async () => {
      await this.versions.prepare()
      const found = await this.readNewest()
      // Whoever linked it may have died, or failed, before its name was durable; what follows from it must not outlive it.
      await this.versions.sync()
      this.newest = found?.newest
      return found?.document
    })
  }

  save(document: LedgerDocument, expected: Version | undefined): Promise<boolean> {
    return this.replace(expected, (newest) => this.addDocument(document, (newest?.number ?? 0) + 1))
  }

  saveChange(change: LedgerChange, expected: Version, whole: () => LedgerDocument): Promise<boolean> {
    return this.replace(expected, async (newest) => {
      if (newest === undefined) return false
      const { base, number, documentBytes } = newest
      const text = formatLedgerChange(base, change)
      const changeBytes = newest.changeBytes + text.length
      if (number - base >= MOST_CHANGES || changeBytes > Math.max(documentBytes, LEAST_CHANGE_BYTES)) return this.addDocument(whole(), number + 1)
      if (!(await this.versions.add(number + 1, change.writeId, text))) return false
      this.newest = { number: number + 1, base, documentBytes, changeBytes, epoch: change.epoch, seq: change.seq }
      return true
    })
  }

  async close(): Promise<void> {}

  peek(): Promise<LedgerDocument | undefined> {
    return this.attempt(async () => ((await this.versions.exists()) ? (await this.readNewest())?.document : undefined))
  }

  /** Writes where the newest version is the one that is expected. What is known of it is forgotten with any doubt. */
  private replace(expected: Version | undefined, write: (newest: Newest | undefined) => Promise<boolean>): Promise<boolean> {
    return this.attempt(async () => {
      let { newest } = this
      this.newest = undefined
      if (newest === undefined || !isVersion(newest, expected)) {
        await this.versions.prepare()
        newest = (await this.readNewest())?.newest
      }
      return isVersion(newest, expected) && write(newest)
    })
  }

  private async addDocument(document: LedgerDocument, number: number): Promise<boolean> {
    const { epoch, seq, writeId } = document
    const text = JSON.stringify(document)
    if (!(await this.versions.add(number, writeId, text))) return false
    await this.versions.removeBefore(number)
    this.newest = { number, base: number, documentBytes: text.length, changeBytes: 0, epoch, seq }
    return true
  }

  private async readNewest(): Promise<{ readonly document: LedgerDocument; readonly newest: Newest } | undefined> {
    for (let attempt = 1; ; attempt++) {
      const number = (await this.versions.list()).at(-1)
      if (number === undefined) return undefined
      try {
        return await this.readVersion(number)
      } catch (error) {
        if (fileErrorCode(error) !== 'ENOENT') throw error
        if (attempt === READ_ATTEMPTS) throw notFollowed(this.versions.path(number))
      }
    }
  }

  private async readVersion(number: number): Promise<{ readonly document: LedgerDocument; readonly newest: Newest }> {
    const { versions } = this
    const last = parseLedgerVersion(await versions.read(number), versions.path(number))
    const base = 'base' in last ? last.base : number
    const text = await versions.read(base)
    const stored = parseLedgerVersion(text, versions.path(base))
    if (!('document' in stored)) throw notFollowed(versions.path(base))
    const state = new LedgerState(stored.document)
    let changeBytes = 0
    for (let next = base + 1; next <= number; next++) {
      const changed = await versions.read(next)
      const version = parseLedgerVersion(changed, versions.path(next))
      if (!('change' in version) || version.base !== base) throw notFollowed(versions.path(next))
      state.apply(version.change)
      changeBytes += changed.length
    }
    const { epoch, seq } = state.document
    return { document: state.document, newest: { number, base, documentBytes: text.length, changeBytes, epoch, seq } }
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw mapLedgerError(error, this.location)
    }
  }
}

function isVersion(newest: Version | undefined, expected: Version | undefined): boolean {
  return newest?.epoch === expected?.epoch && newest?.seq === expected?.seq
}

function notFollowed(path: string): StandpipeError {
  return new StandpipeError(`${path} does not follow the versions before it`, { code: 'LEDGER_CORRUPT', component: 'ledger' })
}

function mapLedgerError(error: unknown, location: string): unknown {
  if (error instanceof StandpipeError) return error
  const code = fileErrorCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StandpipeError(`no room for the ledger in ${location}`, { code: 'DISK_FULL', retryable: true, component: 'ledger', cause: error })
  }
  if (isDenied(error)) {
    return new StandpipeError(`the ledger in ${location} cannot be written`, { code: 'SINK_ACCESS_DENIED', component: 'ledger', cause: error })
  }
  if (code === 'ENOTDIR') {
    return new StandpipeError(`a file stands where the folder of the ledger should be: ${location}`, { code: 'SINK_NOT_FOUND', component: 'ledger', cause: error })
  }
  return new StandpipeError(`the ledger in ${location} cannot be reached`, { code: 'SINK_UNREACHABLE', retryable: true, component: 'ledger', cause: error })
}
