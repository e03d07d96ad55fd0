import { startInProcess, type EmulatedService } from './in-process.js'

/** A dynalite that is running: DynamoDB in this process, its data in memory. */
export type Dynalite = EmulatedService

/**
 * Starts dynalite on loopback: tables on demand, conditional writes (of fifty that race one wins), about 200 updates a
 * second. It has no transactions and no TTL. Give a port to find it again where it was.
 */
export function startDynalite(port = 0): Promise<Dynalite> {
  return startInProcess('dynalite', { createTableMs: 5, deleteTableMs: 5, updateTableMs: 5 }, port)
}
