import { dirname, join, sep } from 'node:path'
import { StandpipeError } from '@standpipe/core/model'
import type { FileLayer } from '@standpipe/core/component'

/** Folders remembered as durable; beyond it they are synced once more, which costs time and nothing else. */
const REMEMBERED_FOLDERS = 10_000

/** Makes folders below a root, each durable before anything is put into it. */
export class FolderTree {
  private readonly durable = new Set<string>()

  constructor(
    private readonly files: FileLayer,
    private readonly root: string,
  ) {}

  /**
   * Makes the folders `segments` below the root and resolves to the last one's path. A folder found there
   * counts as durable only if this process synced it: the one that made it may have died before.
   * Throws SINK_REJECTED where a symbolic link leads out of the root.
   */
  async make(segments: readonly string[]): Promise<string> {
    let folder = this.root
    for (const segment of segments) {
      folder = join(folder, segment)
      const made = await this.files.makeDirectory(folder)
      if (!made && this.durable.has(folder)) continue
      await this.files.syncDirectory(dirname(folder))
      if (this.durable.size >= REMEMBERED_FOLDERS) this.durable.clear()
      this.durable.add(folder)
    }
    if (segments.length > 0) await this.refuseEscape(folder)
    return folder
  }

  private async refuseEscape(folder: string): Promise<void> {
    const [root, real] = await Promise.all([this.files.realPath(this.root), this.files.realPath(folder)])
    if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return
    throw new StandpipeError(`${folder} leads out of ${this.root} by a symbolic link`, { code: 'SINK_REJECTED', component: 'directory' })
  }
}
