import { expect, it } from 'vitest'
import { newWorkerId } from './worker-id.js'

it('names a worker after its host, and never the same twice', () => {
  const [one, other] = [newWorkerId('ip-10-0-0-1.eu-central-1.compute.internal'), newWorkerId('ip-10-0-0-1.eu-central-1.compute.internal')]
  expect(one).toMatch(/^ip-10-0-0-1\.eu-centr-[0-9a-f]{11}$/)
  expect(one).not.toBe(other)
  expect(newWorkerId('a host/é')).toMatch(/^a-host---[0-9a-f]{11}$/)
})
