import { formatDuration, formatSize } from '../component/index.js'
import { findObstacles, type ContractParts, type Obstacle } from './obstacles.js'
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

/** Computes what is promised at a sink. */
export function computeContract(parts: ContractParts): Contract {
  const obstacles = findObstacles(parts)
  const delivery: Delivery = parts.asked !== 'at-least-once' && obstacles.length === 0 ? 'exactly-once' : 'at-least-once'
  const order = keepsOrder(parts) ? 'per shard' : 'none'
  return {
    delivery,
    order,
    lines: [
      describeDelivery(parts, delivery, obstacles),
      describeOrder(parts, order),
      describeLatency(parts),
      describeCrash(parts, delivery),
      describeOutage(parts),
      ...describeLimits(parts, delivery, order),
    ],
  }
}

function keepsOrder({ semantics, source, sink }: ContractParts): boolean {
  return semantics === 'streams' && source.traits.ordered && (sink.writes.kind === 'object' || sink.writes.keepsOrder)
}

function describeDelivery(
  { asked, source, sink, operators, set }: ContractParts,
  delivery: Delivery,
  obstacles: readonly Obstacle[],
): ContractLine {
  if (delivery === 'exactly-once') {
    return {
      about: 'delivery',
      says: operators.some(({ collects }) => collects !== undefined)
        ? 'each record that can be processed counts once, in a row that is published exactly once'
        : 'each record that can be processed is published exactly once',
      because: `\`${source.component}\` can be read again from a position, ${set === undefined ? 'every operator gives the same rows again' : 'the state of the operators is committed together with it'}, and \`${sink.component}\` stages each object and publishes it in one step that the ledger remembers`,
    }
  }
  if (!source.traits.replayable) {
    return {
      about: 'delivery',
      says: 'each record at least once while the process runs; what is in memory when it dies is lost',
      because: obstacles[0].because,
    }
  }
  return {
    about: 'delivery',
    says: 'each record at least once; duplicates are possible',
    because:
      obstacles.length === 0 && asked === 'at-least-once'
        ? 'the pipeline asks for `delivery: at-least-once`'
        : obstacles.map(({ because }) => because).join('; '),
  }
}

function describeOrder({ semantics, source, sink }: ContractParts, order: Contract['order']): ContractLine {
  if (order === 'per shard') {
    const how =
      sink.writes.kind === 'object'
        ? 'rows of a partition are put into its objects as they were read'
        : `\`${sink.component}\` lets no row overtake another, also when it sends again`
    return {
      about: 'order',
      says: 'records of a shard keep their order',
      because: `\`${source.component}\` reads each shard in order, operators keep it, and ${how}`,
    }
  }
  if (!source.traits.ordered)
    return { about: 'order', says: 'no order', because: `the source \`${source.component}\` gives its records in no fixed order` }
  if (semantics === 'firehose')
    return {
      about: 'order',
      says: 'no order',
      because: 'semantics are `firehose`, which promises none: what is retried may be overtaken',
    }
  return { about: 'order', says: 'no order', because: `\`${sink.component}\` may send rows again after later ones` }
}

function describeLatency({ sink, semantics, operators, set }: ContractParts): ContractLine {
  const collecting = operators.filter(({ collects }) => collects !== undefined)
  const waits = collecting.map(({ component, collects }) => `a row of \`${component}\` comes out once ${collects?.until}; `).join('')
  if (sink.writes.kind === 'record') {
    return {
      about: 'latency',
      says: `${waits}each batch is written as soon as it has passed the operators`,
      because: 'a record sink does not collect; an operator `buffer` before it would',
    }
  }
  const { ageMs, sizeBytes, inputBytes } = sink.writes.roll
  if (set !== undefined) {
    const wholeMs = collecting.reduce((sum, { collects }) => sum + (collects?.forMs ?? 0), set.ageMs)
    const age = formatDuration(set.ageMs)
    const visible =
      collecting.length === 0
        ? `a record is visible at most ${age} after it was read`
        : `it is visible at most ${age} later, ${formatDuration(wholeMs)} after its first record where event time goes with the clock`
    return {
      about: 'latency',
      says: `${waits}${visible}, and the time to encode and publish its objects`,
      because: `${nameAll(set.operators)} keep${set.operators.length === 1 ? 's' : ''} a state, so the objects of all sinks commit with it as one set: each ${age}, the shortest roll age of the sinks, or earlier when memory and scratch file are full; size does not roll them`,
    }
  }
  const full = inputBytes === undefined ? `${formatSize(sizeBytes)} encoded` : `${formatSize(inputBytes)} of input`
  return {
    about: 'latency',
    says: `a record is visible at most ${formatDuration(ageMs)} after it was read, and the time to encode and publish its object`,
    because: `objects roll at ${full} or ${formatDuration(ageMs)} after their first row${semantics === 'firehose' ? ', as Firehose buffers' : ''}, earlier when memory and scratch file are full`,
  }
}

function describeCrash({ source, sink, set }: ContractParts, delivery: Delivery): ContractLine {
  const about = 'after a crash'
  if (!source.traits.replayable) {
    return {
      about,
      says: 'the run goes on with new records; those in memory are lost',
      because: `the source \`${source.component}\` cannot be read again`,
    }
  }
  if (delivery === 'exactly-once') {
    return {
      about,
      says: 'nothing is lost and nothing is doubled',
      because: set !== undefined
        ? `the staged set is published first; then \`${source.component}\` is read again after its checkpoint, with the state of the operators as it was there`
        : `staged objects are published first; then \`${source.component}\` is read again after its checkpoint, past what each partition has published`,
    }
  }
  if (sink.guarantee === 'idempotent') {
    return {
      about,
      says: 'nothing is lost; rows since the last checkpoint are written again, which changes nothing where they are equal',
      because: `\`${source.component}\` is read again after its checkpoint, and \`${sink.component}\` is idempotent`,
    }
  }
  return {
    about,
    says: set === undefined ? 'nothing is lost; rows since the last checkpoint are delivered again' : `nothing is lost; what came out since the last commit, at most ${formatDuration(set.ageMs)} before, is delivered again`,
    because: `\`${source.component}\` is read again after its checkpoint${set === undefined ? '' : `, with the state of ${nameAll(set.operators)} as it was there`}`,
  }
}

function describeOutage({ retry, sharesSource, source, semantics, sink, giveUpAsked }: ContractParts): ContractLine {
  const about = 'when the sink is down'
  if (retry.giveUpAfterMs !== undefined) {
    return {
      about,
      says: `it is retried for ${formatDuration(retry.giveUpAfterMs)}; then its records go to the dead letters, and on`,
      because: `\`giveUpAfter\` says so${semantics === 'firehose' ? ', as Firehose does; where Firehose would lose a record, it is kept' : ''}`,
    }
  }
  const encoded =
    sink.writes.kind === 'object' && giveUpAsked === true
      ? '; `giveUpAfter` is for record sinks: rows that are encoded into an object cannot become dead letters any more'
      : ''
  const others = sharesSource ? ', and with it the other sinks of this pipeline' : ''
  const kept = source.traits.replayable
    ? 'what was not read yet stays in the source'
    : `\`${source.component}\` must hold back or lose what it is sent meanwhile`
  return {
    about,
    says: `it is retried for ever, with waits of up to ${formatDuration(retry.maximumMs)}; when memory is full, reading stops${others}`,
    because: `nothing overtakes and nothing is dropped; ${kept}${encoded}`,
  }
}

function describeLimits({ sink, source, operators }: ContractParts, delivery: Delivery, order: Contract['order']): ContractLine[] {
  const line = (says: string, because: string): ContractLine => ({ about: 'not promised', says, because })
  return [
    ...(order === 'per shard' ? [line('order between shards', `each shard of \`${source.component}\` is read on its own`)] : []),
    ...(delivery === 'exactly-once'
      ? [
          line(
            operators.some(({ component }) => component === 'dedupe') ? 'one copy of what the producer sent twice, beyond what `dedupe` remembers' : 'one copy of what the producer sent twice',
            'exactly once counts the records of the source; two equal records are two records',
          ),
        ]
      : []),
    ...operators.flatMap(({ component, caveats }) => (caveats ?? []).map((caveat) => line(caveat, `the operator \`${component}\` does not promise it`))),
    ...(sink.caveats ?? []).map((caveat) => line(caveat, `the other side of \`${sink.component}\` does not promise it`)),
  ]
}

function nameAll(components: readonly string[]): string {
  return [...new Set(components)].map((component) => `\`${component}\``).join(' and ')
}
