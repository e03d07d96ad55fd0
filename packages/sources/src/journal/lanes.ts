import type { ShardId } from '@standpipe/core'

/** The lane of a partition key: a 32-bit FNV-1a hash of its UTF-8, so that it is the same on every machine; 0 without a key. */
export function laneOf(partitionKey: string | undefined, lanes: number): number {
  if (lanes === 1 || partitionKey === undefined) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < partitionKey.length; i++) {
    const code = partitionKey.charCodeAt(i)
    if (code > 127) return hashBytes(Buffer.from(partitionKey)) % lanes
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return (hash >>> 0) % lanes
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Name of a lane as a shard: `lane-0`, or `/sensors/lane-0` where there are several streams. */
export function laneShard(stream: string, lane: number): ShardId {
  return `${stream === '' ? '' : `${stream}/`}lane-${lane}`
}
