/**
 * Threads beside the main one, for jobs of whole blocks of bytes or rows: what takes milliseconds and more. A module with a job
 * exports `run(job): Promise<ThreadResult>`; it is loaded on each thread once. What it imports must not need the main thread.
 */
export interface Threads {
  /** How many jobs run at a time; 0 where there are no threads, and everything is to be done by the caller. */
  readonly count: number
  /**
   * Runs a job on a thread, and resolves to the result's value. The job is copied (structured clone), but for the buffers in
   * `transfer`, which move. Rejects with what `run` throws; errors lose their class on the way.
   */
  run<T>(module: URL, job: unknown, transfer?: readonly ArrayBuffer[]): Promise<T>
}

/** What a job gives: a value that can be cloned, and its buffers that move rather than being copied. */
export interface ThreadResult {
  readonly value: unknown
  readonly transfer?: readonly ArrayBuffer[]
}
