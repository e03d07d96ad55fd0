import { describe, expect, it } from 'vitest'
import type { Operator, OperatorDefinition } from '@standpipe/core/component'
import { Batch, columnMemoryBytes, formatType, rowToObject, type Columns, type RowObject, type Schema } from '@standpipe/core/model'
import { bindOperator, OperatorRun, runBatches } from './operator-run.js'
import { createTestBatch, type TrackedBatch } from './tracked-batch.js'

/** What {@link describeOperator} needs to know. */
export interface OperatorSuite {
  readonly definition: OperatorDefinition
  /** Configs as YAML would have them, by title: those that drop and reject rows as well as those that do not. */
  readonly configs: Readonly<Record<string, unknown>>
  /** At least 12 rows of a schema; with nulls, and with values that make the operator reject or drop. Must give the same each time. */
  readonly makeRows: () => { readonly schema: Schema; readonly rows: readonly RowObject[] }
  /** Where relative paths of the configs start. */
  readonly directory?: string
}

const covered = new Set<OperatorDefinition>()

/** The definitions that {@link describeOperator} was called with in this test file. */
export function coveredOperators(): ReadonlySet<OperatorDefinition> {
  return covered
}

/**
 * Declares the tests (vitest) that every operator passes: order, settling, counts, cancellation, drain, empty
 * batches, selections, an untouched input, and the declared schema and traits.
 */
export function describeOperator(name: string, { definition, configs, makeRows, directory }: OperatorSuite): void {
  covered.add(definition)
  const { schema, rows } = makeRows()
  /** Three batches of one shard and one of another, interleaved. */
  const makeBatches = (): TrackedBatch[] => {
    const third = Math.floor(rows.length / 3)
    return [
      createTestBatch({ schema, rows: rows.slice(0, third) }),
      createTestBatch({ schema, rows, shard: 'shard-1', first: 1000 }),
      createTestBatch({ schema, rows: rows.slice(third, 2 * third), first: third }),
      createTestBatch({ schema, rows: rows.slice(2 * third), first: 2 * third }),
    ]
  }

  describe.each(Object.entries(configs))(`operator ${name}: %s`, (_title, config) => {
    const bind = (): Promise<Operator> => bindOperator(definition, config, schema, { directory })

    it('accounts for every row: in + added = out + dropped + rejected + folded', async () => {
      const run = await runBatches(await bind(), makeBatches().map(({ batch }) => batch))
      expect(run.completed).toBe(true)
      expect(rows.length * 2 + run.added).toBe(run.rows.length + run.dropped + run.rejected.length + run.folded)
    })

    it('keeps the order of each shard', async () => {
      const run = await runBatches(await bind(), makeBatches().map(({ batch }) => batch))
      for (const shard of ['shard-0', 'shard-1']) {
        const positions = run.emitted.filter((batch) => batch.shard === shard).flatMap(positionsOf)
        expect(positions).toEqual(positions.toSorted())
      }
    })

    it('holds every batch until what it became is settled, once', async () => {
      const inputs = makeBatches()
      const run = await runBatches(await bind(), inputs.map(({ batch }) => batch))
      expect(inputs.map(holds)).toEqual(inputs.map(() => [true, true]))
      for (const batch of run.emitted) batch.settle()
      expect(inputs.map(holds)).toEqual(inputs.map(() => [false, false]))
      for (const { batch } of inputs) expect(() => batch.settle()).toThrow('once too often')
    })

    it('passes on batches without rows, which still carry positions', async () => {
      const inputs = [createTestBatch({ schema, rows: [] }), createTestBatch({ schema, rows: rows.slice(0, 2), selection: [], first: 5 })]
      const run = await runBatches(await bind(), inputs.map(({ batch }) => batch))
      expect([run.rows, run.added, run.dropped, run.rejected]).toEqual([[], 0, 0, []])
      expect(run.emitted.at(-1)?.records.position(run.emitted.at(-1)!.records.count - 1)).toBe('0000000006')
      for (const batch of run.emitted) batch.settle()
      expect(inputs.map(holds)).toEqual(inputs.map(() => [false, false]))
    })

    it('sees only the rows that are selected', async () => {
      const operator = await bind()
      const doubled = rows.flatMap((row) => [rows[0], row])
      const selection = rows.map((_, i) => 2 * i + 1)
      const selected = createTestBatch({ schema, rows: doubled, selection }).batch
      const compact = new Batch({ ...parts(createTestBatch({ schema, rows }).batch), records: selected.records, recordOfRow: Int32Array.from(selection) })
      const left = await runBatches(operator, [selected])
      const right = await runBatches(operator, [compact])
      expect(left.rows).toEqual(right.rows)
      expect(left.emitted.flatMap(positionsOf)).toEqual(right.emitted.flatMap(positionsOf))
      expect([left.added, left.dropped, left.rejected]).toEqual([right.added, right.dropped, right.rejected])
    })

    it('does not change the batch it was given', async () => {
      const { batch } = createTestBatch({ schema, rows })
      const before = snapshot(batch)
      await runBatches(await bind(), [batch])
      expect(snapshot(batch)).toEqual(before)
    })

    it('emits rows of the schema it declares', async () => {
      const operator = await bind()
      const run = await runBatches(operator, makeBatches().map(({ batch }) => batch))
      for (const batch of run.emitted) {
        expect(batch.rows.schema).toEqual(operator.schema)
        expect(batch.rows.columns.map(({ type }) => formatType(type))).toEqual(operator.schema.fields.map(({ type }) => formatType(type)))
      }
      const required = operator.schema.fields.filter((field) => !field.nullable).map((field) => field.name)
      expect(run.rows.filter((row) => required.some((field) => row[field] === null))).toEqual([])
    })

    it('gives the same again in another run, if it says that it is deterministic', async () => {
      const operator = await bind()
      const [first, second] = [await runBatches(operator, makeBatches().map(({ batch }) => batch)), await runBatches(operator, makeBatches().map(({ batch }) => batch))]
      if (operator.traits.deterministic) {
        expect(second.rows).toEqual(first.rows)
        expect(second.rejected).toEqual(first.rejected)
      } else expect(second.completed).toBe(true)
    })

    it.each(['unsubscribe', 'abort'] as const)('stops at once on %s: no timer left, nothing emitted later, nothing released twice', async (how) => {
      const inputs = makeBatches()
      const run = new OperatorRun(await bind())
      for (const { batch } of inputs) run.push(batch)
      run[how]()
      await run.settlePromises()
      const emitted = run.emitted.length
      expect(run.clock.pendingTimers).toBe(0)
      await run.clock.advance(3_600_000)
      expect(run.emitted.length).toBe(emitted)
      for (const batch of run.emitted) batch.settle()
      const released = inputs.filter((input) => !input.progressHeld)
      expect(released.length).toBeLessThanOrEqual(inputs.length)
      for (const input of inputs) if (input.progressHeld) input.batch.settle()
      expect(inputs.map(holds)).toEqual(inputs.map(() => [false, false]))
    })

    it('passes on an error of its input, and leaves no timer', async () => {
      const run = new OperatorRun(await bind())
      for (const { batch } of makeBatches()) run.push(batch)
      await run.settlePromises()
      const failure = new Error('the source broke')
      run.fail(failure)
      await run.settlePromises()
      expect(run.error).toBe(failure)
      expect(run.clock.pendingTimers).toBe(0)
    })

    it('completes after its input, with everything emitted and no timer left', async () => {
      const inputs = makeBatches()
      const operator = await bind()
      const run = new OperatorRun(operator)
      for (const { batch } of inputs) run.push(batch)
      expect(run.completed).toBe(false)
      await run.drain()
      expect([run.completed, run.clock.pendingTimers]).toEqual([true, 0])
      const records = run.emitted.reduce((sum, batch) => sum + batch.records.count, 0)
      // Rows that come out of a state may bring records of their own.
      if (operator.traits.stateful) expect(records).toBeGreaterThanOrEqual(rows.length * 2)
      else expect(records).toBe(rows.length * 2)
    })
  })
}

function holds(input: TrackedBatch): [boolean, boolean] {
  return [input.progressHeld, input.memoryHeld]
}

function positionsOf(batch: Batch): string[] {
  return Array.from({ length: batch.rowCount }, (_, i) => batch.positionAt(batch.rowAt(i)))
}

function parts(batch: Batch): ConstructorParameters<typeof Batch>[0] {
  const { shard, records, rows, recordOfRow, selection, progress, memory } = batch
  return { shard, records, rows, recordOfRow, selection, progress, memory }
}

function snapshot(batch: Batch): unknown {
  return { rows: objectsOf(batch.rows), bytes: batch.rows.columns.map(columnMemoryBytes), selection: batch.selection, held: batch.progress.held }
}

function objectsOf(rows: Columns): RowObject[] {
  return Array.from({ length: rows.rowCount }, (_, row) => rowToObject(rows, row))
}
