/** Runs tasks one after another, in the order they were given. A task that fails does not stop the next. */
export class SerialQueue {
  private tail: Promise<void> = Promise.resolve()

  /** Resolves or rejects with the task's own result. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.tail.then(task)
    this.tail = result.then(
      () => undefined,
      () => undefined, // the caller holds `result`, and with it the error
    )
    return result
  }

  /** Resolves when everything given so far has ended. */
  idle(): Promise<void> {
    return this.tail
  }
}
