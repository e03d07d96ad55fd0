import { describe, expect, it } from 'vitest'
import { ReadAhead, type Grant } from './read-ahead.js'

const never = new AbortController().signal

/** Asks so many times; what was granted comes in their order. */
function ask(ahead: ReadAhead, sizes: readonly number[]): Grant[] {
  const granted: Grant[] = []
  for (const bytes of sizes) void ahead.acquire(bytes, never).then((grant) => granted.push(grant))
  return granted
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('ReadAhead', () => {
  it('grants in order, as many bytes and requests as are allowed', async () => {
    const granted = ask(new ReadAhead(100, 3), [60, 60, 10, 10, 10])
    await turn()
    expect(granted).toHaveLength(1)
    granted[0].release()
    await turn()
    expect(granted).toHaveLength(4)
    granted[1].release()
    granted[1].release()
    await turn()
    expect(granted).toHaveLength(5)
  })

  it('lets one fetch alone, however much it is', async () => {
    const granted = ask(new ReadAhead(100, 3), [1000, 1])
    await turn()
    expect(granted).toHaveLength(1)
    granted[0].resize(20)
    await turn()
    expect(granted).toHaveLength(2)
  })

  it('holds back others when an answer is larger than expected', async () => {
    const ahead = new ReadAhead(100, 3)
    const first = await ahead.acquire(10, never)
    first.resize(500)
    const granted = ask(ahead, [1])
    await turn()
    expect(granted).toHaveLength(0)
    first.release()
    await turn()
    expect(granted).toHaveLength(1)
  })

  it('forgets who does not wait any more', async () => {
    const ahead = new ReadAhead(100, 1)
    const held = await ahead.acquire(1, never)
    const stop = new AbortController()
    const waiting = ahead.acquire(1, stop.signal)
    stop.abort(new Error('draining'))
    await expect(waiting).rejects.toThrow('draining')
    await expect(ahead.acquire(1, stop.signal)).rejects.toThrow('draining')
    held.release()
    await ahead.acquire(1, never)
  })
})
