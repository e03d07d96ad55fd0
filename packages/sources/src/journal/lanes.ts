import type { ShardId } from '@standpipe/core'

/** The lane of a partition key: a 32-bit FNV-1a hash of its UTF-8, so that it is the same on every machine. */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(partitionKey)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash % lanes
}

/** Name of a lane as a shard: `lane-0`, or `/sensors/lane-0` where there are several streams. */
export function laneShard(stream: string, lane: number): ShardId {
  return `${stream === '' ? '' : `${stream}/`}lane-${lane}`
}
