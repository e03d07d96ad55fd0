import type { DecodePolicy, Decoded } from '@standpipe/core/component'
import type { Column, Field } from '@standpipe/core/model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { field } from '../../decoded-lines.testing.js'
import { recordsOf } from '../../record-block.testing.js'
import { PlainReader } from '../plain-reader.js'
import { createJsonScanner } from './json-scanner.js'
import { OddJson } from './odd-json.testing.js'

const STRICT: DecodePolicy = { unknownFields: 'drop', unknownInto: '', typeMismatch: 'deadLetter' }

/** Everything in a column at a row, what lies below a null included. */
function contentOf(column: Column, row: number): unknown {
  const valid = column.valid[row]
  switch (column.storage) {
    case 'struct':
      return { valid, children: column.children.map((child) => contentOf(child, row)) }
    case 'list': {
      const [start, end] = [column.offsets[row], column.offsets[row + 1]]
      return { valid, elements: Array.from({ length: end - start }, (_, i) => contentOf(column.child, start + i)) }
    }
    case 'bytes':
      return valid === 1 ? Buffer.from(column.dictionary.valueAt(column.values[row])).toString('latin1') : null
    case 'int128':
      return valid === 1 ? [column.values[row * 2], column.values[row * 2 + 1]] : null
    default:
      return valid === 1 ? column.values[row] : null
  }
}

function outcomeOf({ rows, recordOfRow, ...rest }: Decoded): unknown {
  return { ...rest, records: recordOfRow === null ? null : [...recordOfRow], rows: Array.from({ length: rows.rowCount }, (_, row) => rows.columns.map((column) => contentOf(column, row))) }
}

function scanned(fields: readonly Field[], policy: Partial<DecodePolicy>, ...batches: readonly (readonly (string | Uint8Array)[])[]): unknown[] {
  const all = { ...STRICT, ...policy }
  const [scanner, plain] = [createJsonScanner({ fields }, all), new PlainReader({ fields }, all)]
  return batches.map((payloads) => {
    const outcome = scanner && outcomeOf(scanner.decode(recordsOf(payloads)))
    expect(outcome).toEqual(outcomeOf(plain.decode(recordsOf(payloads))))
    return outcome
  })
}

/** One random schema and policy, and two batches of random records for it. */
function compareOnce(seed: number): void {
  const odd = new OddJson(seed)
  const fields = [...odd.schemaFields(), field('rest', 'json')]
  const policy = { unknownFields: odd.pick(['drop', 'drop', 'keep', 'deadLetter'] as const), unknownInto: 'rest', typeMismatch: odd.pick(['deadLetter', 'null'] as const) }
  const batch = (): Uint8Array[] => Array.from({ length: odd.below(12) }, () => odd.record(odd.chance(0.98) ? fields.slice(0, -1) : []))
  scanned(fields, policy, batch(), batch())
}

it('reads what the plain reader reads, and refuses what it refuses, with the same reasons and counts', () => {
  fc.assert(fc.property(fc.integer(), compareOnce), { numRuns: 400, endOnFailure: true })
})
