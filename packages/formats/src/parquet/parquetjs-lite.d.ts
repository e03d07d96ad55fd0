/** The part of parquetjs-lite 0.8.7 that Standpipe uses; the package has no types of its own. */
declare module 'parquetjs-lite' {
  export interface FieldOptions {
    type?: string
    optional?: boolean
    repeated?: boolean
    compression?: string
    statistics?: false
    fields?: Record<string, FieldOptions>
  }
  export class ParquetSchema {
    constructor(fields: Record<string, FieldOptions>)
  }
  export interface WriterOptions {
    useDataPageV2?: boolean
    pageIndex?: boolean
    pageSize?: number
    rowGroupSize?: number
  }
  export class ParquetEnvelopeWriter {
    constructor(
      schema: ParquetSchema,
      write: (bytes: Uint8Array) => void,
      close: () => void,
      offset: number,
      options: WriterOptions,
    )
  }
  export class ParquetWriter {
    constructor(schema: ParquetSchema, envelope: ParquetEnvelopeWriter, options: WriterOptions)
    /** Rows at which `appendRow` writes a row group. */
    setRowGroupSize(rows: number): void
    setMetadata(key: string, value: string): void
    appendRow(row: Record<string, unknown>): Promise<void>
    close(): Promise<void>
  }
}
