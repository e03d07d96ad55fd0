import { z } from 'zod'
import { compressionOption } from '../compression/compression.js'

const character = (what: string) =>
  z
    .string()
    .refine((text) => text.length === 1 && text.charCodeAt(0) < 128 && text !== '\n' && text !== '\r', { error: `expected one ASCII character, the ${what}` })

/** Options of CSV, for reading and writing; `separator` is what tells TSV apart. */
export function csvOptions(separator: string) {
  return z
    .strictObject({
      separator: character('separator').default(separator).describe('The character between cells.'),
      quote: character('quote').default('"').describe('The character around cells that hold separators, quotes or newlines; doubled inside.'),
      header: z.boolean().default(true).describe('Reading: the first record of a file names the columns. Writing: each object starts with the names.'),
      columns: z
        .array(z.string())
        .min(1)
        .optional()
        .describe('Reading: names of the columns in their order, where no header names them. Without either, the order of the schema.'),
      nullValue: z.string().default('').describe('What stands for null where it is not in quotes; written for null.'),
      trim: z.boolean().default(false).describe('Reading: drop blanks around cells that are not in quotes.'),
      decimalComma: z.boolean().default(false).describe('Reading: numbers are written as 3,14.'),
      compression: compressionOption(),
    })
    .refine(({ separator: a, quote: b }) => a !== b, { error: 'separator and quote must differ', path: ['quote'] })
}

/** The options of CSV and TSV, with their defaults. */
export type CsvConfig = z.output<ReturnType<typeof csvOptions>>
