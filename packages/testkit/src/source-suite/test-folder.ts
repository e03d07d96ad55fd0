import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of its own for a test, under the system's folder for temporary files. */
export class TestFolder {
  private constructor(readonly path: string) {}

  static async create(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), 'standpipe-test-')))
  }

  /** Writes a file, with the folders above it; replaces the content of one that exists. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    return path
  }

  append(name: string, content: string | Uint8Array): Promise<void> {
    return appendFile(join(this.path, name), content)
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.path, from), join(this.path, to))
  }

  delete(name: string): Promise<void> {
    return rm(join(this.path, name), { recursive: true })
  }

  /** Deletes the folder and all in it. */
  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }
}
