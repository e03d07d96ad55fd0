/**
 * The numbers of parquet.thrift that the writer uses.
 * Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export const PhysicalType = { BOOLEAN: 0, INT32: 1, INT64: 2, INT96: 3, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED_LEN_BYTE_ARRAY: 7 } as const
export const ConvertedType = { UTF8: 0, LIST: 3, DECIMAL: 5, DATE: 6, TIMESTAMP_MILLIS: 9, TIMESTAMP_MICROS: 10 } as const
export const Repetition = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as const
export const Encoding = { PLAIN: 0, RLE: 3, DELTA_BINARY_PACKED: 5, RLE_DICTIONARY: 8 } as const
export const PageType = { DATA_PAGE: 0, DICTIONARY_PAGE: 2 } as const
export const CompressionCodec = { UNCOMPRESSED: 0, SNAPPY: 1, GZIP: 2, ZSTD: 6 } as const

/** One of the numbers of an enumeration above. */
export type EnumValue<Enumeration> = Enumeration[keyof Enumeration]
