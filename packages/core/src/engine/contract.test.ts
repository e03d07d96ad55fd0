import { expect, test } from 'vitest'
import { computeContract } from './contract.js'
import type { ContractParts } from './obstacles.js'

const PARTS: ContractParts = {
  semantics: 'streams',
  asked: undefined,
  source: { component: 'file', traits: { replayable: true, ordered: true, bounded: true } },
  operators: [{ component: 'aggregate', traits: { deterministic: true, stateful: true } }],
  sink: { name: 'lake', component: 's3', guarantee: 'transactional', writes: { kind: 'object', roll: { sizeBytes: 1024, ageMs: 60_000 }, keys: [] } },
  retry: { initialMs: 1, maximumMs: 1, timeoutMs: 1 },
  sharesSource: false,
  set: { ageMs: 60_000, operators: ['aggregate'] },
}

test('is exactly-once with a stateful operator before a transactional sink, and says why', () => {
  const contract = computeContract(PARTS)
  expect(contract.delivery).toBe('exactly-once')
  expect(contract.lines.find(({ about }) => about === 'delivery')?.because).toContain('the state of the operators is committed together with it')
  expect(contract.lines.find(({ about }) => about === 'latency')?.because).toContain('size does not roll them')
})

test('is at-least-once with a stateful operator before any other sink', () => {
  const sink: ContractParts['sink'] = { name: 'out', component: 'http', guarantee: 'idempotent', writes: { kind: 'record', keepsOrder: true } }
  expect(computeContract({ ...PARTS, sink }).delivery).toBe('at-least-once')
})
