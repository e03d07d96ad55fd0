import type { LedgerDocument, LedgerStore, ObjectStore, PublishOutcome, StagedObject } from '@standpipe/core'
import { StandpipeError } from '@standpipe/core'

/** What goes wrong at one I/O call. */
export type Fault = 'crash-before' | 'crash-after' | 'error-before' | 'error-after'

/** Every kind of fault. */
export const FAULTS: readonly Fault[] = ['crash-before', 'crash-after', 'error-before', 'error-after']

/** A published object of the world: the lines it holds. */
export interface WorldObject {
  readonly key: string
  readonly identity: string
  readonly lines: readonly string[]
}

/** Stands for the end of the process: nothing of this incarnation reaches the world any more. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

/**
 * Everything outside the process: what survives a crash. Each I/O call passes {@link call}, which counts it
 * and lets the planned fault happen there.
 */
export class World {
  readonly objects = new Map<string, WorldObject>()
  readonly staged = new Map<string, { readonly object: StagedObject; readonly lines: readonly string[] }>()
  document: LedgerDocument | undefined
  /** I/O calls so far, over all incarnations. */
  calls = 0
  /** Names of the calls, for a trace of a failing run. */
  readonly trace: string[] = []
  private readonly sinks = new Map<string, string>()
  private incarnation = 0
  private crash: (() => void) | undefined

  /** Faults by number of the call. */
  constructor(private readonly faults: ReadonlyMap<number, Fault>) {}

  /** Starts a process: its calls reach the world until it crashes. `onCrash` stops it at once. */
  start(onCrash: () => void): Incarnation {
    this.incarnation += 1
    this.crash = onCrash
    return new Incarnation(this, this.incarnation)
  }

  /** One I/O call of an incarnation. */
  async call<T>(incarnation: number, name: string, effect: () => T): Promise<T> {
    await Promise.resolve()
    if (incarnation !== this.incarnation) throw new CrashError('this process is gone')
    const number = this.calls++
    this.trace.push(`${number} ${name}`)
    const fault = this.faults.get(number)
    if (fault === 'crash-before') this.end()
    if (fault === 'error-before') throw passing(name)
    const result = effect()
    if (fault === 'crash-after') this.end()
    if (fault === 'error-after') throw passing(name)
    return result
  }

  /** The sink whose store began an object. */
  sinkOf(identity: string): string | undefined {
    return this.sinks.get(identity)
  }

  /** Notes whose object it is. */
  name(identity: string, sink: string): void {
    this.sinks.set(identity, sink)
  }

  private end(): never {
    this.incarnation += 1
    this.crash?.()
    throw new CrashError('the process ends here')
  }
}

function passing(name: string): StandpipeError {
  return new StandpipeError(`${name}: connection reset`, { code: 'SINK_UNREACHABLE', retryable: true })
}

/** A process, as the world sees it: a ledger and object stores that end with it. */
export class Incarnation {
  constructor(
    private readonly world: World,
    private readonly number: number,
  ) {}

  ledger(): LedgerStore {
    const { world } = this
    return {
      location: 'simulation',
      load: () => this.call('ledger.load', () => world.document),
      save: (document, expected) =>
        this.call('ledger.save', () => {
          if (world.document?.epoch !== expected?.epoch || world.document?.seq !== expected?.seq) return false
          world.document = structuredClone(document)
          return true
        }),
      close: async () => undefined,
    }
  }

  store(name: string): ObjectStore {
    const { world } = this
    return {
      location: name,
      minPartBytes: 0,
      open: () => this.call(`${name}.open`, () => []),
      begin: async (key, { identity }) => {
        await this.call(`${name}.begin`, () => world.name(identity, name))
        // As with numbered parts: a write made again after an error takes the place of the first.
        const parts: string[] = []
        let acknowledged = 0
        return {
          write: async (bytes) => {
            await this.call(`${name}.write`, () => void (parts[acknowledged] = Buffer.from(bytes).toString()))
            acknowledged += 1
          },
          stage: () =>
            this.call(`${name}.stage`, () => {
              const object: StagedObject = { key, identity, bytes: parts.join('').length, upload: { name } }
              world.staged.set(identity, { object, lines: linesOf(parts.join('')) })
              return object
            }),
          abort: async () => undefined,
        }
      },
      put: (key, bytes, { identity }) =>
        this.call(`${name}.put`, () => void world.objects.set(key, { key, identity, lines: linesOf(Buffer.from(bytes).toString()) })),
      publish: ({ key, identity }) => this.call(`${name}.publish`, () => publish(world, key, identity)),
      discard: ({ identity }) => this.call(`${name}.discard`, () => void world.staged.delete(identity)),
      listStaged: () => this.listStaged(name),
      close: async () => undefined,
    }
  }

  private async *listStaged(name: string): ReturnType<ObjectStore['listStaged']> {
    const { world } = this
    const found = await this.call(`${name}.list`, () => [...world.staged.values()])
    for (const { object } of found) {
      if ((object.upload as { name: string }).name !== name) continue
      const { identity, key } = object
      yield { identity, key, startedMs: 0, discard: () => this.call(`${name}.discard`, () => void world.staged.delete(identity)) }
    }
  }

  private call<T>(name: string, effect: () => T): Promise<T> {
    return this.world.call(this.number, name, effect)
  }
}

function publish(world: World, key: string, identity: string): PublishOutcome {
  const staged = world.staged.get(identity)
  if (staged !== undefined) {
    if (world.objects.has(key)) throw new StandpipeError(`${key} exists`, { code: 'SINK_REJECTED' })
    world.objects.set(key, { key, identity, lines: staged.lines })
    world.staged.delete(identity)
    return 'published'
  }
  return world.objects.get(key)?.identity === identity ? 'published' : 'vanished'
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
