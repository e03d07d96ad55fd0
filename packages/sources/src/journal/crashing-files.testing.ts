import type { JournalFile, JournalFiles } from './journal-files.js'

/** What happens at one call: the machine stops, or the call fails; before its effect, in the middle of it, or after. */
export interface PlannedFault {
  /** Counted from 1, over every call with an effect. */
  readonly call: number
  readonly kind: 'crash' | 'error'
  readonly when: 'before' | 'within' | 'after'
}

interface FileContent {
  bytes: Buffer
  durable: Buffer
}

/** Thrown by every call once the machine has stopped. */
export class CrashedError extends Error {}

/**
 * A folder in memory that loses, at a crash, what was not synced: of each change it keeps all, nothing, or some
 * sectors, as `random` (0 to 1) says.
 */
export class CrashingFiles implements JournalFiles {
  calls = 0
  crashed = false
  /** Room on the disk. */
  free = Number.MAX_SAFE_INTEGER
  fault: PlannedFault | undefined
  private names = new Map<string, FileContent>()
  private durableNames = new Map<string, FileContent>()

  constructor(private readonly random: () => number) {}

  /** The disk as the next process finds it after a power cut; this one has stopped. */
  restart(): CrashingFiles {
    this.crashed = true
    const next = new CrashingFiles(this.random)
    const survivors = new Map<FileContent, FileContent>()
    for (const name of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      const content = (this.random() < 0.5 ? this.names : this.durableNames).get(name)
      if (content === undefined) continue
      const bytes = this.survivors(content)
      const survivor = survivors.get(content) ?? { bytes, durable: Buffer.from(bytes) }
      survivors.set(content, survivor)
      next.names.set(name, survivor)
    }
    next.durableNames = new Map(next.names)
    return next
  }

  /** Names of the files that there are. */
  get fileNames(): string[] {
    return [...this.names.keys()].sort()
  }

  /** The content of a file, to damage it. */
  content(name: string): Buffer {
    const found = this.names.get(name)
    if (found === undefined) throw new Error(`no file ${name}`)
    return found.bytes
  }

  /** Cuts a file short, durably. */
  truncateTo(name: string, bytes: number): void {
    const content = this.names.get(name)
    if (content === undefined) throw new Error(`no file ${name}`)
    content.bytes = Buffer.from(content.bytes.subarray(0, bytes))
    content.durable = Buffer.from(content.bytes)
  }

  async makeDirectory(): Promise<void> {
    this.alive()
  }

  async list(): Promise<readonly string[]> {
    this.alive()
    return [...this.names.keys()]
  }

  async open(path: string, create = false): Promise<JournalFile> {
    const name = baseName(path)
    if (create) await this.effect(() => void this.names.set(name, { bytes: Buffer.alloc(0), durable: Buffer.alloc(0) }))
    const content = this.names.get(name)
    this.alive()
    if (content === undefined) throw fileError('ENOENT')
    return {
      readAt: async (position, length) => {
        this.alive()
        return Buffer.from(content.bytes.subarray(position, position + length))
      },
      writeAt: (position, pieces) => {
        const bytes = Buffer.concat(pieces)
        const write = (count: number): void => {
          const grown = Buffer.alloc(Math.max(content.bytes.length, position + count))
          content.bytes.copy(grown)
          bytes.copy(grown, position, 0, count)
          content.bytes = grown
        }
        return this.effect(() => write(bytes.length), () => write(Math.floor(this.random() * bytes.length)))
      },
      truncate: (bytes) => this.effect(() => void (content.bytes = Buffer.from(content.bytes.subarray(0, bytes)))),
      sync: () => this.effect(() => void (content.durable = Buffer.from(content.bytes))),
      sizeBytes: async () => content.bytes.length,
      close: () => Promise.resolve(),
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.effect(() => {
      const content = this.names.get(baseName(from))
      if (content === undefined) throw fileError('ENOENT')
      this.names.delete(baseName(from))
      this.names.set(baseName(to), content)
    })
  }

  remove(path: string): Promise<void> {
    return this.effect(() => void this.names.delete(baseName(path)))
  }

  syncDirectory(): Promise<void> {
    return this.effect(() => void (this.durableNames = new Map(this.names)))
  }

  async freeBytes(): Promise<number> {
    return this.free
  }

  private async effect(apply: () => void, applyPart: () => void = apply): Promise<void> {
    this.alive()
    this.calls++
    const fault = this.fault?.call === this.calls ? this.fault : undefined
    if (fault === undefined) apply()
    else {
      if (fault.when === 'after') apply()
      if (fault.when === 'within') applyPart()
      this.crashed = fault.kind === 'crash'
    }
    await new Promise((resolve) => setImmediate(resolve))
    this.alive()
    if (fault !== undefined) throw fileError(this.calls % 2 === 0 ? 'ENOSPC' : 'EIO')
  }

  private alive(): void {
    if (this.crashed) throw new CrashedError('the machine has stopped')
  }

  /** Some sectors of what was written since the last sync; the file may have its new length and no content. */
  private survivors({ bytes, durable }: FileContent): Buffer {
    const choice = this.random()
    if (choice < 0.3) return Buffer.from(durable)
    if (choice < 0.5) return Buffer.from(bytes)
    const length = Math.round(durable.length + (bytes.length - durable.length) * this.random())
    const mixed = Buffer.alloc(length)
    for (let at = 0; at < length; at += 16) {
      const from = this.random() < 0.5 ? bytes : durable
      mixed.set(from.subarray(at, Math.min(at + 16, length)), at)
    }
    return mixed
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function fileError(code: string): Error {
  return Object.assign(new Error(code), { code })
}
