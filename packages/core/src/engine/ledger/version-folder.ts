import { dirname, join } from 'node:path'
import { fileErrorCode, type FileLayer } from '../../component/index.js'

const OWNER_ONLY = 0o600

/**
 * A folder with a file for each version. Version n+1 is written aside, synced, and linked to its name, which
 * fails if the name is taken: a compare-and-set without locks. A version is trusted only when no higher one exists.
 */
export class VersionFolder {
  private prepared = false

  constructor(
    private readonly folder: string,
    private readonly files: FileLayer,
  ) {}

  /** Makes the folder where it is not there, and removes what was left half-written. Does so once. */
  async prepare(): Promise<void> {
    if (this.prepared) return
    await this.makeDurable(this.folder)
    for (const name of await this.files.list(this.folder)) if (/^\..*\.tmp$/.test(name)) await this.remove(join(this.folder, name))
    this.prepared = true
  }

  async exists(): Promise<boolean> {
    return (await this.files.stat(this.folder)) !== undefined
  }

  /** Numbers of the versions, ascending. */
  async list(): Promise<number[]> {
    const names = await this.files.list(this.folder)
    return names
      .map((name) => /^(\d{12})\.json$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  /** Content of a version; rejects with ENOENT where it was removed. */
  async read(version: number): Promise<string> {
    return Buffer.from(await this.files.readFile(this.path(version))).toString()
  }

  /** Adds a version, durably; resolves to false where another writer was first. `name` is the writer's own for this write. */
  async add(version: number, name: string, text: string): Promise<boolean> {
    const aside = join(this.folder, `.${name.replaceAll(/[^\w-]/g, '_')}.tmp`)
    const won = await this.linkAside(aside, Buffer.from(text), this.path(version))
    await this.remove(aside)
    if (!won) return false
    await this.sync()
    // A writer that stood still for long links a number that was used and removed since: it has not won.
    return (await this.list()).at(-1) === version
  }

  /** Makes all names durable. */
  async sync(): Promise<void> {
    await this.files.syncDirectory(this.folder)
  }

  /** Removes all versions before one. */
  async removeBefore(version: number): Promise<void> {
    for (const old of await this.list()) if (old < version) await this.remove(this.path(old))
  }

  /** Where a version is kept. */
  path(version: number): string {
    return join(this.folder, `${String(version).padStart(12, '0')}.json`)
  }

  /** Resolves to false where the name is taken. */
  private async linkAside(aside: string, bytes: Uint8Array, path: string): Promise<boolean> {
    for (;;) {
      try {
        await this.files.writeAt(aside, 0, bytes, OWNER_ONLY)
        await this.files.syncFile(aside, bytes.length)
        await this.files.link(aside, path)
        return true
      } catch (error) {
        const code = fileErrorCode(error)
        if (code === 'EEXIST') return false
        // A process that starts removes what it takes for left behind, once: write it again.
        if (code !== 'ENOENT' || !(await this.exists())) throw error
      }
    }
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

  /** That another process removed it first is fine. */
  private async remove(path: string): Promise<void> {
    await this.files.unlink(path).catch((error: unknown) => {
      if (fileErrorCode(error) !== 'ENOENT') throw error
    })
  }
}

/** Whether an error says that a file or folder may not be used. */
export function isDenied(error: unknown): boolean {
  const code = fileErrorCode(error)
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
}
