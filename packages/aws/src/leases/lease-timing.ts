/** How long what takes, in milliseconds. All but the first follow from the first. */
export interface LeaseTiming {
  /** A worker whose beat has not changed for so long is taken for dead. KCL's `failoverTimeMillis`. */
  readonly leaseMs: number
  /** Between two beats of a worker: three fit into a lease, so that two may fail. */
  readonly beatMs: number
  /** An answer to a beat is waited for so long. */
  readonly patienceMs: number
  /** After its last beat a worker believes so long that what it holds is its own: less than a lease, for what is slow in itself. */
  readonly trustMs: number
  /** The roster has to be the same for so long after a worker has joined: before, every other moment brings another plan. */
  readonly settleMs: number
  /** However restless the roster is, it is planned with after so long. */
  readonly restlessMs: number
  /** Between two looks at a table in which nothing happens. */
  readonly idleMs: number
  /** At least so long between two looks at the table. */
  readonly pauseMs: number
}

/** The times that follow from the duration of a lease; by default KCL's 10 s. */
export function leaseTiming(leaseMs = 10_000): LeaseTiming {
  const beatMs = leaseMs / 3
  return {
    leaseMs,
    beatMs,
    patienceMs: leaseMs / 8,
    trustMs: leaseMs * 0.9,
    settleMs: beatMs * 1.2,
    restlessMs: beatMs * 4,
    idleMs: leaseMs * 6,
    pauseMs: leaseMs / 10,
  }
}
