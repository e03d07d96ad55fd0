import { Batch, CHAIN_METADATA, createColumns, type Columns, type Decoder, type FormatWriter, type Operator, type RecordSet, type Schema } from '@standpipe/core'
import { map } from 'rxjs'

/** Records of a simulation are texts of three words: partition, value, and what becomes of them (see {@link Fate}). */
export const WORDS_SCHEMA: Schema = {
  fields: [
    { name: 'partition', type: { kind: 'string' }, nullable: false },
    { name: 'value', type: { kind: 'string' }, nullable: false },
    { name: 'fate', type: { kind: 'string' }, nullable: false },
  ],
}

/**
 * `kept`; `filtered` by an operator; `exploded` into two rows, or `scattered` into two of different partitions;
 * `broken` when decoded, `refused` by an operator, `unplaced` because its partition is too long for a key.
 */
export type Fate = 'kept' | 'filtered' | 'exploded' | 'scattered' | 'broken' | 'refused' | 'unplaced'

const FATES: readonly Fate[] = ['kept', 'kept', 'filtered', 'exploded', 'kept', 'broken', 'scattered', 'refused', 'unplaced', 'kept']

/** Longer than a key may be. */
const TOO_LONG = 'q'.repeat(1_100)

/** `count` records of a shard, over `partitions` partitions; every fate comes up within ten. */
export function createRecords(shard: string, count: number, partitions = 3): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const fate = FATES[i % FATES.length]
    const partition = fate === 'unplaced' ? TOO_LONG : 'xyzuvw'[i % partitions]
    return `${partition} ${shard}${String(i).padStart(3, '0')} ${fate}`
  })
}

/** The three words of a record. */
export function wordsOf(record: string): { readonly partition: string; readonly value: string; readonly fate: Fate } {
  const [partition, value, fate] = record.split(' ')
  return { partition, value, fate: fate as Fate }
}

/** Decodes the words; rejects what is broken. */
export const WORDS_DECODER: Decoder = {
  decode(records: RecordSet) {
    const rows = createColumns(WORDS_SCHEMA, records.count)
    const recordOfRow: number[] = []
    const rejected = []
    for (let record = 0; record < records.count; record++) {
      const { partition, value, fate } = wordsOf(Buffer.from(records.payload(record)).toString())
      if (fate === 'broken') rejected.push({ record, rejection: { code: 'DataFormatConversion.ParseError', message: 'broken' } })
      else {
        appendWords(rows, [partition, value, fate])
        recordOfRow.push(record)
      }
    }
    return { rows, recordOfRow: Int32Array.from(recordOfRow), rejected, unknownFields: 0, mismatches: 0 }
  },
}

/** Filters, explodes, scatters and refuses rows as their fate says. `turned` puts every row into other partitions: a changed configuration. */
export function createFateOperator(turned: boolean): Operator {
  return {
    schema: WORDS_SCHEMA,
    traits: { deterministic: true, stateful: false },
    run: (runtime) =>
      map((batch: Batch) => {
        const rows = createColumns(WORDS_SCHEMA, batch.rowCount * 2)
        const recordOfRow: number[] = []
        for (let i = 0; i < batch.rowCount; i++) {
          const row = batch.rowAt(i)
          const [partition, value, fate] = batch.rows.columns.map((_, column) => textAt(batch, column, row))
          if (fate === 'filtered') runtime.dropped(1)
          else if (fate === 'refused') runtime.reject(batch, row, { code: 'Operator.Refused', message: 'refused' })
          else {
            const to = turned && fate !== 'unplaced' ? `t${value.at(-1)}` : partition
            const partitions = fate === 'exploded' ? [to, to] : fate === 'scattered' ? [to, `${to}s`] : [to]
            runtime.added(partitions.length - 1)
            for (const of of partitions) {
              appendWords(rows, [of, value, fate])
              recordOfRow.push(batch.recordAt(row))
            }
          }
        }
        return batch.withRows(rows, { selection: null, recordOfRow: Int32Array.from(recordOfRow) })
      }),
  }
}

/** How many rows a sink gets of a record that is not rejected. */
export function rowsOfFate(fate: Fate): number {
  if (fate === 'kept') return 1
  return fate === 'exploded' || fate === 'scattered' ? 2 : 0
}

/** The text of a column in a row. */
export function textAt(batch: Batch, column: number, row: number): string {
  const { columns } = batch.rows
  const of = columns[column]
  if (of.storage !== 'bytes') throw new TypeError('a text is needed')
  return of.dictionary.textAt(of.values[row])
}

/** Begins the last line of an object, which holds its chain. */
export const CHAIN_MARK = '#'

/** Writes each row as the line that `lineOf` gives; a block has three. */
export function createLineWriter(lineOf: (batch: Batch, row: number) => string): FormatWriter {
  return {
    extension: '.txt',
    contentType: 'text/plain',
    createObject() {
      let buffered: string[] = []
      const bytes = (): number => buffered.reduce((sum, line) => sum + line.length + 1, 0)
      const take = (): Uint8Array[] => {
        const chunk = Buffer.from(buffered.map((line) => `${line}\n`).join(''))
        buffered = []
        return chunk.length === 0 ? [] : [chunk]
      }
      return {
        append(batch, rows) {
          const count = rows === null ? batch.rows.rowCount : rows.length
          for (let i = 0; i < count; i++) buffered.push(lineOf(batch, rows === null ? i : rows[i]))
        },
        get bufferedBytes() {
          return bytes()
        },
        get bufferedEncodedBytes() {
          return bytes()
        },
        get blockFull() {
          return buffered.length >= 3
        },
        flush: async () => take(),
        finish: async (metadata) => [...take(), Buffer.from(`${CHAIN_MARK}${metadata[CHAIN_METADATA]}\n`)],
      }
    },
  }
}

function appendWords(rows: Columns, words: readonly string[]): void {
  const row = rows.rowCount++
  for (const [i, word] of words.entries()) {
    const column = rows.columns[i]
    if (column.storage !== 'bytes') throw new TypeError('a text is needed')
    column.values[row] = column.dictionary.internText(word)
    column.valid[row] = 1
  }
}
