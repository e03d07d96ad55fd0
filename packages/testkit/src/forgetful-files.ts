interface FileNode {
  readonly kind: 'file'
  readonly id: string
  bytes: Buffer
  /** Content as of the last sync; null before the first. */
  durable: Buffer | null
}

interface FolderNode {
  readonly kind: 'folder'
  readonly entries: Map<string, Node>
  /** Names as of the last sync. */
  readonly durable: Map<string, Node>
}

type Node = FileNode | FolderNode

/** Decides what a crash does to a change of a name that was not synced: true lets it survive. */
export type Survives = (path: string) => boolean

/**
 * A file system in memory that forgets, at a crash, what was not synced: the bytes of files without
 * `syncFile`, and names made, linked or removed without `syncDirectory` of their folder. A file system may
 * also keep any of those changes, so a crash can be told which. It has the methods of a FileLayer.
 */
export class ForgetfulFiles {
  private readonly top: FolderNode = folder()
  private files = 0

  /** Loses power. What is left is durable from then on. */
  crash(survives: Survives = () => false): void {
    forget(this.top, '', survives)
  }

  /** Content of a file as readers see it; undefined where there is none. */
  read(path: string): Uint8Array | undefined {
    const node = this.find(path)
    return node?.kind === 'file' ? Uint8Array.from(node.bytes) : undefined
  }

  /** Paths of all files below a folder. */
  paths(below: string): readonly string[] {
    const node = this.find(below)
    if (node?.kind !== 'folder') return []
    return [...node.entries].flatMap(([name, child]) => (child.kind === 'file' ? [`${below}/${name}`] : this.paths(`${below}/${name}`)))
  }

  async makeDirectory(path: string): Promise<boolean> {
    const { parent, name } = this.locate(path)
    if (parent.entries.has(name)) return false
    parent.entries.set(name, folder())
    return true
  }

  async writeAt(path: string, position: number, bytes: Uint8Array): Promise<void> {
    const { parent, name } = this.locate(path)
    let node = parent.entries.get(name)
    if (node === undefined) {
      node = { kind: 'file', id: String(++this.files), bytes: Buffer.alloc(0), durable: null }
      parent.entries.set(name, node)
    }
    if (node.kind !== 'file') throw fileError('EISDIR', path)
    const grown = Buffer.alloc(Math.max(node.bytes.length, position + bytes.length))
    node.bytes.copy(grown)
    grown.set(bytes, position)
    node.bytes = grown
  }

  async syncFile(path: string, bytes: number): Promise<void> {
    const node = this.existing(path)
    if (node.kind !== 'file') throw fileError('EISDIR', path)
    node.bytes = Buffer.from(node.bytes.subarray(0, bytes))
    node.durable = Buffer.from(node.bytes)
  }

  async syncDirectory(path: string): Promise<boolean> {
    const node = this.existing(path)
    if (node.kind !== 'folder') throw fileError('ENOTDIR', path)
    node.durable.clear()
    for (const [name, child] of node.entries) node.durable.set(name, child)
    return true
  }

  async link(from: string, to: string): Promise<void> {
    const node = this.existing(from)
    const { parent, name } = this.locate(to)
    if (parent.entries.has(name)) throw fileError('EEXIST', to)
    parent.entries.set(name, node)
  }

  async unlink(path: string): Promise<void> {
    const { parent, name } = this.locate(path)
    if (!parent.entries.delete(name)) throw fileError('ENOENT', path)
  }

  async stat(path: string): Promise<{ bytes: number; id: string; modifiedMs: number } | undefined> {
    const node = this.find(path)
    if (node === undefined) return undefined
    return node.kind === 'file' ? { bytes: node.bytes.length, id: node.id, modifiedMs: 0 } : { bytes: 0, id: path, modifiedMs: 0 }
  }

  async readFile(path: string): Promise<Uint8Array> {
    const node = this.existing(path)
    if (node.kind !== 'file') throw fileError('EISDIR', path)
    return Uint8Array.from(node.bytes)
  }

  async list(path: string): Promise<readonly string[]> {
    const node = this.existing(path)
    if (node.kind !== 'folder') throw fileError('ENOTDIR', path)
    return [...node.entries].filter(([, child]) => child.kind === 'file').map(([name]) => name)
  }

  async realPath(path: string): Promise<string> {
    this.existing(path)
    return path
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.top
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node?.kind === 'folder' ? node.entries.get(name) : undefined
    }
    return node
  }

  private existing(path: string): Node {
    const node = this.find(path)
    if (node === undefined) throw fileError('ENOENT', path)
    return node
  }

  private locate(path: string): { parent: FolderNode; name: string } {
    const at = path.lastIndexOf('/')
    const parent = this.existing(path.slice(0, at))
    if (parent.kind !== 'folder') throw fileError('ENOTDIR', path)
    return { parent, name: path.slice(at + 1) }
  }
}

function folder(): FolderNode {
  return { kind: 'folder', entries: new Map(), durable: new Map() }
}

function forget(node: Node, path: string, survives: Survives): void {
  if (node.kind === 'file') {
    node.bytes = Buffer.from(node.durable ?? Buffer.alloc(0))
    node.durable = Buffer.from(node.bytes)
    return
  }
  for (const name of new Set([...node.entries.keys(), ...node.durable.keys()])) {
    const [now, before] = [node.entries.get(name), node.durable.get(name)]
    const kept = now === before || survives(`${path}/${name}`) ? now : before
    if (kept === undefined) node.entries.delete(name)
    else node.entries.set(name, kept)
  }
  node.durable.clear()
  for (const [name, child] of node.entries) {
    node.durable.set(name, child)
    forget(child, `${path}/${name}`, survives)
  }
}

function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
