import { dirname, join, resolve } from 'node:path'
import { fileErrorCode, nodeFileLayer, type FileLayer, type LedgerDocument, type LedgerStore } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'
import { parseLedgerDocument } from './document.js'

const OWNER_ONLY = 0o600

/**
 * A ledger in a folder of its own: a file for each version. Version n+1 is written aside, synced, and linked
 * to its name, which fails if the name is taken: a compare-and-set without locks. A version is trusted only
 * when no higher one exists; the one before it is kept until the next save. What `load` gives is durable.
 */
export function createFileLedger(folder: string, files: FileLayer = nodeFileLayer): LedgerStore {
  return new FileLedger(folder, files)
}

/** Looks at the ledger in a folder without touching it: makes nothing, cleans up nothing, and fences nobody. */
export async function peekFileLedger(folder: string): Promise<LedgerDocument | undefined> {
  return new FileLedger(folder, nodeFileLayer).peek()
}

/** A version that was listed may be gone when it is read, where somebody writes meanwhile. */
const PEEK_ATTEMPTS = 10

class FileLedger implements LedgerStore {
  private readonly folder: string
  private prepared = false

  constructor(
    readonly location: string,
    private readonly files: FileLayer,
  ) {
    this.folder = resolve(location)
  }

  async load(): Promise<LedgerDocument | undefined> {
    return this.attempt(async () => {
      const { document } = await this.newest()
      // Whoever linked it may have died, or failed, before its name was durable; what follows from it must not outlive it.
      await this.files.syncDirectory(this.folder)
      return document
    })
  }

  async save(document: LedgerDocument, expected: { readonly epoch: number; readonly seq: number } | undefined): Promise<boolean> {
    return this.attempt(async () => {
      const { document: current, version } = await this.newest()
      if (current?.epoch !== expected?.epoch || current?.seq !== expected?.seq) return false
      return this.linkVersion(document, version + 1)
    })
  }

  async close(): Promise<void> {}

  async peek(): Promise<LedgerDocument | undefined> {
    return this.attempt(async () => {
      for (let attempt = 1; ; attempt++) {
        if ((await this.files.stat(this.folder)) === undefined) return undefined
        const version = (await this.versions()).at(-1)
        if (version === undefined) return undefined
        try {
          return await this.read(version)
        } catch (error) {
          if (fileErrorCode(error) !== 'ENOENT' || attempt === PEEK_ATTEMPTS) throw error
        }
      }
    })
  }

  private async newest(): Promise<{ readonly document: LedgerDocument | undefined; readonly version: number }> {
    await this.prepare()
    const version = (await this.versions()).at(-1)
    if (version === undefined) return { document: undefined, version: 0 }
    return { document: await this.read(version), version }
  }

  private async read(version: number): Promise<LedgerDocument> {
    const path = this.path(version)
    return parseLedgerDocument(Buffer.from(await this.files.readFile(path)).toString(), path)
  }

  private async linkVersion(document: LedgerDocument, version: number): Promise<boolean> {
    const aside = join(this.folder, `.${document.writeId.replaceAll(/[^\w-]/g, '_')}.tmp`)
    const bytes = Buffer.from(JSON.stringify(document))
    await this.files.writeAt(aside, 0, bytes, OWNER_ONLY)
    await this.files.syncFile(aside, bytes.length)
    const won = await this.files.link(aside, this.path(version)).then(
      () => true,
      (error: unknown) => {
        if (fileErrorCode(error) === 'EEXIST') return false
        throw error
      },
    )
    await this.remove(aside)
    if (!won) return false
    await this.files.syncDirectory(this.folder)
    const versions = await this.versions()
    // A writer that stood still for long links a number that was used and removed since: it has not won.
    if (versions.at(-1) !== version) return false
    for (const old of versions) if (old < version - 1) await this.remove(this.path(old))
    return true
  }

  private async prepare(): Promise<void> {
    if (this.prepared) return
    await this.makeDurable(this.folder)
    for (const name of await this.files.list(this.folder)) if (/^\..*\.tmp$/.test(name)) await this.remove(join(this.folder, name))
    this.prepared = true
  }

  /** Makes the folder with those that lead to it, and all their names durable: who made them may have died before. */
  private async makeDurable(folder: string): Promise<void> {
    const parent = dirname(folder)
    if (parent === folder) return
    await this.makeDurable(parent)
    const there = (await this.files.stat(folder)) !== undefined
    if (!there) await this.files.makeDirectory(folder)
    try {
      await this.files.syncDirectory(parent)
    } catch (error) {
      // A folder above that may not be read was there before any pipeline.
      if (!there || !isDenied(error)) throw error
    }
  }

  private async versions(): Promise<number[]> {
    const names = await this.files.list(this.folder)
    return names
      .map((name) => /^(\d{12})\.json$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  private path(version: number): string {
    return join(this.folder, `${String(version).padStart(12, '0')}.json`)
  }

  /** That another process removed it first is fine. */
  private async remove(path: string): Promise<void> {
    await this.files.unlink(path).catch((error: unknown) => {
      if (fileErrorCode(error) !== 'ENOENT') throw error
    })
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw mapLedgerError(error, this.location)
    }
  }
}

function isDenied(error: unknown): boolean {
  const code = fileErrorCode(error)
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
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
  return new StandpipeError(`the ledger in ${location} cannot be reached`, { code: 'SINK_UNREACHABLE', retryable: true, component: 'ledger', cause: error })
}
