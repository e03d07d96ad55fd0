import { expect, test } from 'vitest'
import { MemoryBudget, type Shrinkable } from './memory-budget.js'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const never = new AbortController().signal

/** Things of given sizes in a budget; `closed` tells which went, in their order. */
class Sizes implements Shrinkable {
  leavingBytes = 0
  readonly closed: number[] = []
  asked = 0
  private held: Promise<void> = Promise.resolve()

  constructor(
    private readonly memory: MemoryBudget,
    private readonly open: number[],
  ) {
    memory.add(this)
    for (const bytes of open) memory.charge(bytes)
  }

  sizes(): readonly number[] {
    return this.open
  }

  async shrink(leastBytes: number): Promise<void> {
    this.asked += 1
    await this.held
    for (const bytes of this.open.filter((size) => size >= leastBytes).sort((a, b) => b - a)) {
      if (this.memory.relieved) return
      this.open.splice(this.open.indexOf(bytes), 1)
      this.closed.push(bytes)
      this.memory.release(bytes)
    }
  }

  /** Has {@link shrink} wait. */
  holdUp(until: Promise<void>): void {
    this.held = until
  }
}

test('lets the reader wait at the limit until there is room', async () => {
  const memory = new MemoryBudget(100)
  memory.charge(120)
  let entered = false
  const room = memory.room(never).then(() => (entered = true))
  await Promise.resolve()
  expect([entered, memory.awaited]).toEqual([false, true])
  memory.release(30)
  await room
  expect([memory.usedBytes, memory.peakBytes, memory.awaited]).toEqual([90, 120, false])
})

test('an abort ends the wait', async () => {
  const memory = new MemoryBudget(1)
  memory.charge(5)
  const abort = new AbortController()
  const room = memory.room(abort.signal)
  abort.abort(new Error('stop'))
  await room
})

test('lets the reader wait while batches on their way hold an eighth of the budget, and tells of it', async () => {
  const memory = new MemoryBudget(100)
  let told = 0
  memory.onWait(() => (told += 1))
  memory.chargeBatch(8)
  await memory.room(never)
  memory.chargeBatch(8)
  const room = memory.room(never)
  expect([memory.awaited, told]).toEqual([true, 1])
  memory.releaseBatch(8)
  await room
  expect(memory.usedBytes).toBe(8)
})

test('near the limit closes the largest, whoever holds them, and no more than needed', async () => {
  const memory = new MemoryBudget(100)
  const many = new Sizes(memory, [4, 5, 6, 5, 4, 6])
  const few = new Sizes(memory, [15, 10])
  memory.charge(19)
  await settled()
  expect([few.closed, memory.usedBytes]).toEqual([[], 74])
  memory.charge(6)
  await settled()
  expect([few.closed, many.closed, memory.usedBytes]).toEqual([[15], [], 65])
  memory.charge(20)
  await settled()
  expect([few.closed, many.closed, memory.usedBytes]).toEqual([[15, 10], [6, 6], 63])
})

test('what leaves by itself is not made room for', async () => {
  const memory = new MemoryBudget(100)
  const sink = new Sizes(memory, [10, 10, 10])
  sink.leavingBytes = 40
  memory.charge(75)
  expect([sink.asked, memory.relieved]).toEqual([0, true])
  sink.leavingBytes = 35
  memory.charge(1)
  await settled()
  expect(sink.closed).toEqual([10])
})

test('while one is about to close enough, nobody else is asked', async () => {
  const memory = new MemoryBudget(100)
  const small = new Sizes(memory, [3])
  const large = new Sizes(memory, [30])
  let goOn = (): void => undefined
  large.holdUp(new Promise((resolve) => (goOn = resolve)))
  memory.charge(50)
  memory.charge(1)
  memory.charge(6)
  expect([large.asked, small.asked]).toEqual([1, 0])
  goOn()
  await memory.room(never)
  expect([large.closed, small.closed]).toEqual([[30], []])
})

test('who is not there any more is not asked', () => {
  const memory = new MemoryBudget(100)
  const sink = new Sizes(memory, [50])
  memory.remove(sink)
  memory.charge(60)
  expect(sink.asked).toBe(0)
})
