import { CHAIN_METADATA, formatChain, rangeOfSet, type ObjectChain } from './chain.js'
import type { OpenObject } from './open-object.js'

/** What a finished object says of itself, with its place in the chain of its share, which goes on after it. */
export function describeObject(object: OpenObject, whose: { readonly pipeline: string; readonly sink: string; readonly set?: ObjectChain['set'] }): Readonly<Record<string, string>> {
  const { pipeline, sink, set } = whose
  const { partition, ledgerSink, rows, identity, share } = object
  const chain: ObjectChain = {
    pipeline,
    ledger: share.session.document.id,
    object: identity,
    sink: ledgerSink,
    partition,
    rows,
    shards: share.ends.link(`${ledgerSink}|${partition}`, set === undefined ? object.ranges : rangeOfSet(set.number, object.ranges)),
    ...(set === undefined ? {} : { set }),
  }
  return { 'standpipe.pipeline': pipeline, 'standpipe.sink': sink, 'standpipe.partition': partition, [CHAIN_METADATA]: formatChain(chain) }
}
