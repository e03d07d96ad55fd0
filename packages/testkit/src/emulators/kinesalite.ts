import { startInProcess, type EmulatedService } from './in-process.js'

/** A kinesalite that is running: Kinesis Data Streams in this process, its data in memory. */
export type Kinesalite = EmulatedService

/**
 * Starts kinesalite on loopback: streams, shards, split and merge, GetRecords; streams change in a few milliseconds. It
 * has no ARNs, no fan-out, no ChildShards; MillisBehindLatest stays 0; an iterator AT_TIMESTAMP beyond the last record is
 * never answered. Give a port to find it again where it was.
 */
export function startKinesalite(port = 0): Promise<Kinesalite> {
  return startInProcess('kinesalite', { createStreamMs: 5, deleteStreamMs: 5, updateStreamMs: 5, shardLimit: 10_000 }, port)
}
