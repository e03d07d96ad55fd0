import type { Delivery } from './plan.js'

/** What a sink of a pipeline promises, computed from the traits of its parts, each line with its reason. */
export interface Contract {
  readonly delivery: Delivery
  readonly order: 'per shard' | 'none'
  readonly lines: readonly ContractLine[]
}

/** One promise, for people: `after a crash` → `each record once: the file is read again after the checkpoint, …`. */
export interface ContractLine {
  readonly about: 'delivery' | 'order' | 'latency' | 'after a crash' | 'when the sink is down' | 'not promised'
  readonly says: string
  readonly because: string
}
