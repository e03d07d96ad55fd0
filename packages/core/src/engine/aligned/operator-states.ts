import { formatSize, type OperatorState } from '../../component/index.js'
import { StandpipeError, type ShardId } from '../../model/index.js'
import type { MemoryBudget } from '../memory-budget.js'

/** A state that takes more than this share of the budget would leave too little to go on. */
const LARGEST_SHARE = 0.75

interface RunningState {
  snapshot: (() => Uint8Array) | undefined
  bytes: number
  readonly shardEnded: ((shard: ShardId) => void)[]
}

/** The states of a pipeline's operators, each under the place it stands at, and all of them as one blob. */
export class OperatorStates {
  /** Set before the input of the operators ends: whether the source has no more. */
  sourceEnded = false
  /** Set before the input ends: whether another configuration takes over after this run. */
  superseded = false
  private readonly running = new Map<string, RunningState>()
  private restored: ReadonlyMap<string, Uint8Array> = new Map()
  private totalBytes = 0

  /** What the states take is charged to the budget. */
  constructor(private readonly memory: MemoryBudget) {}

  /** Takes the states of the commit from which this run goes on; before any operator starts. */
  restore(blob: Uint8Array): void {
    this.restored = unpackStates(blob)
  }

  /** What the operator at this place is given. */
  at(place: string): OperatorState {
    const running: RunningState = { snapshot: undefined, bytes: 0, shardEnded: [] }
    this.running.set(place, running)
    const flags = (): Pick<OperatorStates, 'sourceEnded' | 'superseded'> => this
    return {
      restored: this.restored.get(place),
      keep: (snapshot) => void (running.snapshot = snapshot),
      holds: (bytes) => this.hold(place, running, bytes),
      get sourceEnded() {
        return flags().sourceEnded
      },
      get superseded() {
        return flags().superseded
      },
      onShardEnd: (ended) => void running.shardEnded.push(ended),
    }
  }

  /** Throws CONFIG_CHANGED where a state was restored for an operator that the pipeline does not have. Called when all have started. */
  check(): void {
    const orphan = [...this.restored.keys()].find((place) => !this.running.has(place))
    if (orphan === undefined) return
    throw new StandpipeError(`the ledger holds a state of \`${orphan}\`, an operator that the pipeline no longer has; finish with the former configuration by \`standpipe run --stored FILE\`, or reset the pipeline`, {
      code: 'CONFIG_CHANGED',
    })
  }

  /** Tells the operators of a shard without more records. */
  endShard(shard: ShardId): void {
    for (const { shardEnded } of this.running.values()) for (const ended of shardEnded) ended(shard)
  }

  /** Gives the memory of the states back, when nothing uses them any more. */
  close(): void {
    this.memory.release(this.totalBytes)
    this.totalBytes = 0
    this.running.clear()
  }

  private hold(place: string, running: RunningState, bytes: number): void {
    const more = bytes - running.bytes
    running.bytes = bytes
    this.totalBytes += more
    if (more > 0) this.memory.charge(more)
    else this.memory.release(-more)
    if (this.totalBytes <= this.memory.limitBytes * LARGEST_SHARE) return
    throw new StandpipeError(
      `the state of \`${place}\` takes ${formatSize(bytes)}, and all states together more than ${LARGEST_SHARE * 100} % of limits.memory (${formatSize(this.memory.limitBytes)})`,
      { code: 'STATE_FULL', component: 'limits' },
    )
  }

  /** All states as one blob; no bytes where there is none. */
  snapshot(): Uint8Array {
    const states = new Map<string, Uint8Array>()
    for (const [place, { snapshot }] of this.running) {
      const bytes = snapshot?.() ?? new Uint8Array(0)
      if (bytes.length > 0) states.set(place, bytes)
    }
    return packStates(states)
  }
}

/** A line of JSON with places and lengths, and the states one after another. */
function packStates(states: ReadonlyMap<string, Uint8Array>): Uint8Array {
  if (states.size === 0) return new Uint8Array(0)
  const lengths = [...states].map(([place, bytes]) => [place, bytes.length])
  return new Uint8Array(Buffer.concat([Buffer.from(`${JSON.stringify({ format: 1, states: lengths })}\n`), ...states.values()]))
}

function unpackStates(blob: Uint8Array): Map<string, Uint8Array> {
  const states = new Map<string, Uint8Array>()
  if (blob.length === 0) return states
  let at = blob.indexOf(0x0a) + 1
  const head = JSON.parse(Buffer.from(blob.subarray(0, at)).toString()) as { readonly format: number; readonly states: readonly (readonly [string, number])[] }
  if (head.format !== 1) throw new StandpipeError(`the state of the operators has format ${head.format}; this version knows up to 1`, { code: 'LEDGER_NEWER', component: 'ledger' })
  for (const [place, length] of head.states) states.set(place, blob.subarray(at, (at += length)))
  return states
}
