import type { LedgerDocument, ObjectChain } from '@standpipe/core'
import { StandpipeError } from '@standpipe/core'
import { TestClock } from '../test-clock.js'
import { lateness, type Fault, type Faults, type LeaseFault } from './faults.js'
import { seededRandom, type SeededRandom } from './seeded-random.js'

const TWO_DAYS_MS = 2 * 86_400_000

/** A published object of the world: the lines it holds. */
export interface WorldObject {
  readonly sink: string
  readonly key: string
  readonly identity: string
  readonly lines: readonly string[]
  readonly chain: ObjectChain
}

/** An upload: parts by number, invisible until it is completed. */
export interface WorldUpload {
  readonly sink: string
  readonly key: string
  readonly identity: string
  readonly parts: string[]
}

/** Stands for the end of the process: nothing it does reaches the world any more. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

/** What a world is made with. */
export interface WorldOptions {
  readonly faults: Faults
  readonly seed: number
  /** The answer to a call may take up to so many turns, drawn from the seed, so that calls overtake one another. */
  readonly latencyTurns: number
  /** How long the store has forgotten an upload before anybody looks, with `vanish`. Below a day it is a deletion, not age. */
  readonly vanishAfterMs?: number
}

/** A process, as the world sees it. */
export interface WorldProcess {
  readonly number: number
  dead: boolean
  calls: number
  /** Stops it at once. */
  readonly onCrash: () => void
}

/** The clock of the world, whose wall time can jump. */
class WorldClock extends TestClock {
  skewMs = 0

  override now(): number {
    return super.now() + this.skewMs
  }
}

/**
 * Everything outside the processes: what survives a crash. Each I/O call passes {@link call}, which counts
 * it and lets the planned fault happen there.
 */
export class World {
  readonly objects = new Map<string, WorldObject>()
  readonly uploads = new Map<string, WorldUpload>()
  /** Lines that record sinks took, by sink. */
  readonly sent = new Map<string, string[]>()
  /** States of operators, by name. */
  readonly blobs = new Map<string, Uint8Array>()
  /** By shard: the last position that the source was told it may let go of. It does. */
  readonly letGo = new Map<string, number>()
  document: LedgerDocument | undefined
  /** I/O calls so far, over all processes. */
  calls = 0
  /** Names of the calls, for a trace of a failing run. */
  readonly trace: string[] = []
  /** Told when a second process is to start. */
  onTakeover: () => void = () => undefined
  /** Told of a fault that concerns leases, at a call of this process. */
  onLease: (fault: LeaseFault, process: WorldProcess) => void = () => undefined
  /** Told of every call, by its number. */
  onCall: (number: number) => void = () => undefined
  /** Vanished so far, by identity. */
  readonly vanished: string[] = []
  /** Whether something of what was staged was out when uploads vanished, or might have come out since: then they cannot all be given up. */
  outWhenVanished = false
  readonly clock = new WorldClock()
  private readonly random: SeededRandom
  private late: { readonly dueCall: number; readonly effect: () => void }[] = []
  private uploadsBegun = 0
  private processes = 0
  private readonly launching = new Set<WorldProcess>()
  private waitingForLaunch: (() => void)[] = []
  private calm = false

  constructor(private readonly options: WorldOptions) {
    this.random = seededRandom(options.seed)
  }

  /** A process starts: its calls reach the world until it crashes. */
  start(onCrash: () => void): WorldProcess {
    this.processes += 1
    const process = { number: this.processes, dead: false, calls: 0, onCrash }
    this.launching.add(process)
    return process
  }

  /** From now on nothing goes wrong; what is late comes at once. */
  calmDown(): void {
    this.calm = true
    for (const { effect } of this.late.splice(0)) effect()
  }

  /** One I/O call of a process. */
  async call<T>(process: WorldProcess, name: string, effect: () => T): Promise<T> {
    await this.awaitLaunch(process)
    for (let turns = this.calm ? 1 : 1 + this.random(this.options.latencyTurns + 1); turns > 0; turns--) await Promise.resolve()
    if (process.dead) throw new CrashError('this process is gone')
    process.calls += 1
    const number = this.calls++
    this.trace.push(`${number} [${process.number}] ${name}`)
    this.deliverLate(number)
    this.onCall(number)
    if (process.dead) throw new CrashError('this process is gone')
    const fault = this.calm ? undefined : this.options.faults.get(number)
    return fault === undefined ? effect() : this.fail(process, name, fault, number, effect)
  }

  /** The process is under way, or has ended before its first call: the others go on. */
  launched(process: WorldProcess): void {
    if (!this.launching.delete(process) || this.launching.size > 0) return
    for (const goOn of this.waitingForLaunch.splice(0)) goOn()
  }

  /** A new name for an upload. */
  nameUpload(): string {
    this.uploadsBegun += 1
    return `upload ${this.uploadsBegun}`
  }

  /** The process ends here. */
  end(process: WorldProcess): never {
    process.dead = true
    process.onCrash()
    throw new CrashError('the process ends here')
  }

  /** Nobody gets on while a process starts: making its state directory takes real time, in which others would be through. */
  private async awaitLaunch(process: WorldProcess): Promise<void> {
    this.launched(process)
    while (this.launching.size > 0) await new Promise<void>((resolve) => this.waitingForLaunch.push(resolve))
  }

  private fail<T>(process: WorldProcess, name: string, fault: Fault, number: number, effect: () => T): T {
    const isRead = name.endsWith('.read')
    const dueCall = number + (lateness(fault) ?? 0)
    if (dueCall > number) this.late.push({ dueCall, effect: () => void attempt(effect) })
    switch (fault) {
      case 'takeover':
        this.onTakeover()
        return effect()
      case 'hand over':
      case 'steal':
      case 'steal unseen':
      case 'bounce':
        this.onLease(fault, process)
        return effect()
      case 'vanish':
        this.forgetUploads(false)
        return effect()
      case 'crash vanish':
        this.forgetUploads(true)
        return this.end(process)
      case 'crash before':
        return this.end(process)
      case 'crash after':
        effect()
        return this.end(process)
      default:
    }
    if (fault.startsWith('crash')) return this.end(process)
    // Sources retry inside; what they throw ends the pipeline.
    if (isRead) return effect()
    if (fault === 'error after') effect()
    throw new StandpipeError(`${name}: connection reset`, { code: 'SINK_UNREACHABLE', retryable: true })
  }

  private deliverLate(number: number): void {
    const due = this.late.filter(({ dueCall }) => dueCall <= number)
    this.late = this.late.filter(({ dueCall }) => dueCall > number)
    for (const { effect } of due) effect()
  }

  /** Time passes, and of the uploads that the ledger counts on some are gone, at least one. */
  private forgetUploads(isCrash: boolean): void {
    const counted = new Set(this.document?.staged.map(({ id }) => id))
    const there = [...this.uploads].filter(([, { identity }]) => counted.has(identity))
    if (there.length === 0) return
    this.clock.skewMs += this.options.vanishAfterMs ?? TWO_DAYS_MS
    const isOut = [...this.objects.values()].some(({ identity }) => counted.has(identity))
    this.outWhenVanished ||= isOut || !isCrash || this.options.faults.size > 1
    const first = this.random(there.length)
    for (const [i, [upload, { identity }]] of there.entries()) {
      if (i !== first && this.random(2) === 0) continue
      this.uploads.delete(upload)
      this.vanished.push(identity)
    }
  }
}

/** A late effect that the world refuses by then changes nothing; nobody waits for the answer. */
function attempt(effect: () => unknown): unknown {
  try {
    return effect()
  } catch (error) {
    return error
  }
}
