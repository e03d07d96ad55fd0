import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Hold } from '../model/index.js'
import { Progress } from './progress.js'

const positionOf = (progress: Progress, shard: string, known?: string): string | undefined => {
  const moved = new Map(progress.takeMoved()).get(shard)
  return moved === undefined ? known : moved.position
}

test('the checkpoint is the last position before the first batch that is held', () => {
  const progress = new Progress()
  const holds = ['3', '6', '9'].map((last) => progress.read('a', last, 0))
  holds[1].release()
  expect(positionOf(progress, 'a')).toBeUndefined()
  holds[0].release()
  expect(positionOf(progress, 'a')).toBe('6')
  holds[2].release()
  expect(positionOf(progress, 'a')).toBe('9')
})

test('a shard has ended when its last record is settled, not when it is read', () => {
  const progress = new Progress()
  const hold = progress.read('a', '3', 0)
  progress.end('a')
  expect(new Map(progress.takeMoved()).get('a')?.ended).toBe(false)
  expect(progress.hasMoved).toBe(false)
  hold.release()
  expect(new Map(progress.takeMoved()).get('a')?.ended).toBe(true)
})

test('in any order of release the checkpoint never passes a held batch and never moves back', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
      const progress = new Progress()
      const holds: Hold[] = order.map((_, i) => progress.read('a', String(i), 0))
      const held = new Set(holds.keys())
      let before = -1
      for (const i of order) {
        holds[i].release()
        held.delete(i)
        const settled = Number(positionOf(progress, 'a', String(before)) ?? -1)
        expect(settled).toBe(Math.min(8, ...held) - 1)
        expect(settled).toBeGreaterThanOrEqual(before)
        before = settled
      }
    }),
  )
})

test('a batch released once too often is an error, not a lost record', () => {
  const hold = new Progress().read('a', '3', 0)
  hold.release()
  expect(() => hold.release()).toThrow('exactly once')
})
