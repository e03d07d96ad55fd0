import { randomUUID } from 'node:crypto'
import type { WorkerId } from './lease.js'

/** A new name for a worker, that no other process has or ever had: `host`, shortened, so that people know where to look, and a random part. */
export function newWorkerId(host: string): WorkerId {
  return `${host.replace(/[^\w.-]/g, '-').slice(0, 20)}-${randomUUID().slice(0, 12).replace('-', '')}`
}
