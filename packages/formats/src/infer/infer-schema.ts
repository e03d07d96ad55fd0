import { formatType, type DataType, type Field, type FieldInput, type PayloadBlock, type RecordSet, type Schema } from '@standpipe/core/model'
import { splitCsvRecord, type CsvCells, type CsvDialect } from '../csv/csv-cells.js'
import { readJsonText } from '../json/json-text.js'
import { isJsonObject } from '../values/json-conversion.js'
import { payloadTexts } from '../values/payload-text.js'
import { Observation, type Seen } from './observation.js'

/** A field whose values are not all of one type, so that a person should look at it. */
export interface DoubtfulField {
  /** With a dot for each level, and `[]` for the elements of a list: `vibration.x`. */
  readonly path: string
  /** The type that was chosen, as YAML has it. */
  readonly type: string
  /** How many values there were, nulls left out. */
  readonly values: number
  /** Whether the type holds the odd values too; where not, they become dead letters unless `typeMismatch` says otherwise. */
  readonly holdsAll: boolean
  /** The values of other kinds, the rarest first; where the type holds all, those of every kind. */
  readonly odd: readonly Seen[]
}

/** Records that say nothing about the schema. */
export interface UnreadRecords {
  readonly count: number
  /** Where the first of them stands. */
  readonly origin: string
}

/** What a sample says. */
export interface InferredSchema {
  readonly schema: Schema
  readonly records: number
  readonly doubtful: readonly DoubtfulField[]
  /** Records that are not UTF-8, and so are in another encoding or damaged. */
  readonly notText: UnreadRecords | undefined
  /** Records that are no JSON object, or no row of as many cells as the header. */
  readonly malformed: UnreadRecords | undefined
}

/** How the records of a sample are written. */
export interface SampleFormat {
  readonly kind: 'json' | 'csv'
  /** Of CSV; by default commas and double quotes. */
  readonly dialect?: CsvDialect
}

const COMMAS: CsvDialect = { separator: ',', quote: '"', trim: false }

/**
 * Infers a schema from records that are added set by set: whole numbers are int64, others double; texts that are all ISO 8601 become
 * timestamp or date; numbers in a field named like a time and within 2001 to 2100 become epoch timestamps; what is always null `string`.
 * Where more than 99 % of the values are of one type it is taken, else what is mixed becomes `json` (in CSV `string`); both are told as
 * doubtful. All fields are nullable; names are kept. Columns of CSV are named by the header that came with the records, else `column1`, ….
 */
export class SchemaInference {
  private readonly record = new Observation()
  private readonly cells: CsvCells = { texts: [], quoted: [] }
  private records = 0
  private notText: UnreadRecords | undefined
  private malformed: UnreadRecords | undefined

  constructor(private readonly format: SampleFormat) {}

  /** Looks at the first `limit` records of a set, and keeps nothing of it. */
  add(samples: RecordSet, limit = samples.count): void {
    const { header } = samples as Partial<PayloadBlock>
    const textAt = payloadTexts(samples)
    for (let i = 0; i < Math.min(limit, samples.count); i++) {
      const origin = (): string => samples.origin(i)
      const text = samples.problem?.(i) === undefined ? textAt(i) : ''
      this.records += 1
      if (text === undefined) this.notText = oneMore(this.notText, origin)
      else if (!(this.format.kind === 'json' ? this.addJson(text, origin) : this.addRow(text, header, origin))) this.malformed = oneMore(this.malformed, origin)
    }
  }

  /** What the records added so far say. */
  result(): InferredSchema {
    const doubtful: DoubtfulField[] = []
    const fields = [...this.record.members].map(([name, observation]) => this.fieldOf(name, name, observation, doubtful))
    return { schema: { fields }, records: this.records, doubtful, notText: this.notText, malformed: this.malformed }
  }

  private addJson(text: string, origin: () => string): boolean {
    const source = readJsonText(text)
    if (!source.ok || !isJsonObject(source.value)) return false
    for (const [name, value] of Object.entries(source.value)) this.record.member(name).addValue(value, origin)
    return true
  }

  private addRow(text: string, header: readonly string[] | undefined, origin: () => string): boolean {
    const { texts, quoted } = this.cells
    if (splitCsvRecord(text, this.format.dialect ?? COMMAS, this.cells) !== undefined) return false
    if (header !== undefined && header.length !== texts.length) return false
    texts.forEach((cell, i) => {
      const member = this.record.member(header?.[i] ?? `column${i + 1}`)
      if (cell !== '' || quoted[i]) member.addText(cell, origin)
    })
    return true
  }

  private fieldOf(name: string, path: string, observation: Observation, doubtful: DoubtfulField[]): Field {
    const unit = observation.epochUnit(name)
    const input: FieldInput | undefined = unit === undefined ? undefined : { time: { kind: 'epoch', unit } }
    const type = this.typeOf(path, observation, doubtful, unit === undefined ? undefined : { kind: 'timestamp' })
    return input === undefined ? { name, type, nullable: true } : { name, type, nullable: true, input }
  }

  private typeOf(path: string, observation: Observation, doubtful: DoubtfulField[], known?: DataType): DataType {
    const { kind, values, odd } = observation.verdict()
    const isCsv = this.format.kind === 'csv'
    const doubt = (type: DataType): DataType => {
      const holdsAll = type.kind === 'json' || (isCsv && type.kind === 'string')
      if (odd.length > 0 && !(kind === 'string' && isCsv)) doubtful.push({ path, type: formatType(type), values, holdsAll, odd })
      return type
    }
    if (known !== undefined) return doubt(known)
    switch (kind) {
      case 'none':
        return { kind: 'string' }
      case 'mixed':
        return doubt({ kind: isCsv ? 'string' : 'json' })
      case 'object':
        if (observation.members.size === 0) return doubt({ kind: 'json' })
        return doubt({ kind: 'struct', fields: [...observation.members].map(([name, member]) => this.fieldOf(name, `${path}.${name}`, member, doubtful)) })
      case 'list':
        return doubt({ kind: 'list', element: { name: 'element', type: this.typeOf(`${path}[]`, observation.element(), doubtful), nullable: true } })
      default:
        return doubt({ kind })
    }
  }
}

function oneMore(known: UnreadRecords | undefined, origin: () => string): UnreadRecords {
  return known === undefined ? { count: 1, origin: origin() } : { ...known, count: known.count + 1 }
}
