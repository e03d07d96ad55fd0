import { constants } from 'node:fs'
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerDocument, LedgerStore } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'
import { parseLedgerDocument } from './document.js'

/**
 * A ledger in a folder of its own: a file for each version. Version n+1 is written aside, synced, and linked
 * to its name, which fails if the name is taken: a compare-and-set without locks. A version is trusted only
 * when no higher one exists; the one before it is kept until the next save.
 */
export function createFileLedger(folder: string): LedgerStore {
  return new FileLedger(folder)
}

class FileLedger implements LedgerStore {
  private version = 0

  constructor(readonly location: string) {}

  async load(): Promise<LedgerDocument | undefined> {
    await this.attempt(() => mkdir(this.location, { recursive: true }))
    const versions = await this.versions()
    this.version = versions.at(-1) ?? 0
    if (this.version === 0) return undefined
    const path = this.path(this.version)
    return parseLedgerDocument(await this.attempt(() => readFile(path, 'utf8')), path)
  }

  async save(document: LedgerDocument, expected: { readonly epoch: number; readonly seq: number } | undefined): Promise<boolean> {
    const current = await this.load()
    if (current?.epoch !== expected?.epoch || current?.seq !== expected?.seq) return false
    return this.attempt(() => this.linkVersion(document, this.version + 1))
  }

  async close(): Promise<void> {}

  private async linkVersion(document: LedgerDocument, version: number): Promise<boolean> {
    const aside = join(this.location, `.${document.writeId.replaceAll(/[^\w-]/g, '_')}.tmp`)
    const file = await open(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
    try {
      await file.writeFile(JSON.stringify(document))
      await file.sync()
    } finally {
      await file.close()
    }
    const won = await link(aside, this.path(version)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    await unlink(aside)
    if (!won) return false
    await syncFolder(this.location)
    this.version = version
    for (const old of await this.versions()) if (old < version - 1) await unlink(this.path(old))
    return true
  }

  private async versions(): Promise<number[]> {
    const names = await this.attempt(() => readdir(this.location))
    return names
      .map((name) => /^(\d{12})\.json$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  private path(version: number): string {
    return join(this.location, `${String(version).padStart(12, '0')}.json`)
  }

  private async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw mapLedgerError(error, this.location)
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function mapLedgerError(error: unknown, location: string): unknown {
  if (error instanceof StandpipeError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StandpipeError(`no room for the ledger in ${location}`, { code: 'DISK_FULL', retryable: true, component: 'ledger', cause: error })
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new StandpipeError(`the ledger in ${location} cannot be written`, { code: 'SINK_ACCESS_DENIED', component: 'ledger', cause: error })
  }
  return new StandpipeError(`the ledger in ${location} cannot be reached`, { code: 'SINK_UNREACHABLE', retryable: true, component: 'ledger', cause: error })
}
