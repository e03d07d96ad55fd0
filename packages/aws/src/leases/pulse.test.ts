import { describe, expect, it } from 'vitest'
import { leaseTiming } from './lease-timing.js'
import { MemoryLeaseTable } from './memory-lease-table.testing.js'
import { Pulse } from './pulse.js'
import { VirtualClock } from './virtual-clock.testing.js'

const log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

/** A clock whose wall can be set, and whose monotonic part can be held: a machine that sleeps. */
class TwoClocks extends VirtualClock {
  wallMs = 0
  asleepMs = 0
  override now(): number {
    return super.now() + this.wallMs
  }
  override monotonic(): number {
    return super.monotonic() - this.asleepMs
  }
}

async function pulseOf(table: MemoryLeaseTable, worker: string, clock = new TwoClocks()): Promise<{ pulse: Pulse; told: string[]; clock: TwoClocks }> {
  const told: string[] = []
  const listener = {
    rosterChanged: () => void told.push('changed'),
    told: () => void told.push('told'),
    expired: () => void told.push('expired'),
  }
  const pulse = new Pulse({ table, worker, clock, log, random: () => 0.5, timing: leaseTiming(), listener })
  await pulse.start()
  return { pulse, told, clock }
}

describe('the pulse of a worker', () => {
  it('trusts its leases for less than their duration after the last beat that was answered', async () => {
    const table = new MemoryLeaseTable()
    const { pulse, told, clock } = await pulseOf(table, 'a')
    await clock.advance(60_000)
    expect([pulse.isTrusted, told]).toEqual([true, ['changed']])
    table.beat = async () => Promise.reject(new Error('out of reach'))
    await clock.advance(5_000)
    expect(pulse.isTrusted).toBe(true)
    await clock.advance(4_100)
    expect([pulse.isTrusted, told]).toEqual([false, ['changed', 'expired']])
    await pulse.leave()
  })

  it('trusts them no more right after a machine slept, or its clock was set', async () => {
    const { pulse, clock } = await pulseOf(new MemoryLeaseTable(), 'a')
    clock.wallMs = 20_000 // it slept: the monotonic clock stood still
    expect(pulse.isTrusted).toBe(false)
    clock.wallMs = -3_600_000
    expect(pulse.isTrusted).toBe(true)
    await clock.advance(1)
    await pulse.leave()
  })

  it('finds that it was struck off, gives up all, and comes back', async () => {
    const table = new MemoryLeaseTable()
    const { pulse, told, clock } = await pulseOf(table, 'a')
    const { tenure } = pulse
    table.members.delete('a')
    await clock.advance(3_500)
    expect(told).toEqual(['changed', 'expired', 'changed'])
    expect([pulse.tenure, pulse.isTrusted, table.members.has('a')]).toEqual([tenure + 1, true, true])
    await pulse.leave()
    expect(table.members.size).toBe(0)
  })

  it('strikes off who does not beat, not who beats, and not for a time in which it saw nothing itself', async () => {
    const table = new MemoryLeaseTable()
    await table.enter('dead')
    const { pulse, clock } = await pulseOf(table, 'a')
    const beat = table.beat.bind(table)
    const stop = clock.every(3_000, () => void beat('slow', []))
    await table.enter('slow')
    await clock.advance(9_000)
    expect(table.members.has('dead')).toBe(true)
    await clock.advance(8_000)
    expect([table.members.has('dead'), table.members.has('slow')]).toEqual([false, true])
    await table.enter('dead')
    await clock.advance(3_500)
    table.beat = async () => Promise.reject(new Error('out of reach'))
    await clock.advance(60_000)
    table.beat = beat
    await clock.advance(1_800)
    expect(table.members.has('dead')).toBe(true)
    stop()
    await pulse.leave()
  })

  it('tells others at once, and hears what it is told with its next beat', async () => {
    const table = new MemoryLeaseTable()
    const clock = new TwoClocks()
    const a = await pulseOf(table, 'a', clock)
    const b = await pulseOf(table, 'b', clock)
    a.pulse.tell(['b', 'a'])
    await clock.advance(10)
    expect([table.members.get('b')!.told, table.members.get('a')!.told]).toEqual([1, 0])
    await clock.advance(3_500)
    expect(b.told).toEqual(['changed', 'told'])
    expect(a.pulse.leads && !b.pulse.leads).toBe(true)
    await Promise.all([a.pulse.leave(), b.pulse.leave(), clock.advance(1)])
  })
})
