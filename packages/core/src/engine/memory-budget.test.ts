import { expect, test } from 'vitest'
import { MemoryBudget } from './memory-budget.js'

const never = new AbortController().signal

test('asks for relief when the limit is reached, and lets the reader wait until there is room', async () => {
  const memory = new MemoryBudget(100)
  let asked = 0
  memory.onPressure(() => (asked += 1))
  memory.charge(120)
  expect(asked).toBe(1)
  let entered = false
  const room = memory.room(never).then(() => (entered = true))
  await Promise.resolve()
  expect(entered).toBe(false)
  memory.release(30)
  await room
  expect(memory.usedBytes).toBe(90)
  expect(memory.peakBytes).toBe(120)
})

test('an abort ends the wait', async () => {
  const memory = new MemoryBudget(1)
  memory.charge(5)
  const abort = new AbortController()
  const room = memory.room(abort.signal)
  abort.abort(new Error('stop'))
  await room
})

test('lets the reader wait while batches on their way hold a quarter of the budget', async () => {
  const memory = new MemoryBudget(100)
  memory.chargeBatch(15)
  await memory.room(never)
  memory.chargeBatch(15)
  let entered = false
  const room = memory.room(never).then(() => (entered = true))
  await Promise.resolve()
  expect(entered).toBe(false)
  memory.releaseBatch(15)
  await room
  expect(memory.usedBytes).toBe(15)
})
