import { duration, size, type ObjectSink, type RollPolicy } from '@standpipe/core/component'
import { z } from 'zod'

const MIB = 1024 * 1024

/** When an open object is finished, where neither the user nor the preset says otherwise. */
export const DEFAULT_ROLL: RollPolicy = { sizeBytes: 128 * MIB, ageMs: 300_000 }

/** A format as people write it: its name, or its name with options. */
export type FormatChoice = ObjectSink['format']

/**
 * A format by name (`parquet`), or with options (`{ parquet: { compression: zstd } }`). The options are
 * checked by whoever binds the format.
 */
export const formatChoice = z
  .union([z.string().min(1), z.record(z.string().min(1), z.unknown())], { error: 'expected a format: its name, or its name with options' })
  .refine((choice) => typeof choice === 'string' || Object.keys(choice).length === 1, {
    error: 'expected one format, like { parquet: { compression: zstd } }',
  })
  .transform((choice): FormatChoice => {
    if (typeof choice === 'string') return { name: choice, config: {} }
    const [[name, config]] = Object.entries(choice)
    return { name, config: config ?? {} }
  })

const roll = z.strictObject({
  size: size().optional().describe('Encoded bytes of an object; 128MiB by default.'),
  inputSize: size().optional().describe("Bytes of the records that went into an object, as Firehose's size hint counts; no limit by default."),
  age: duration().optional().describe('Time since the first row of an object; 5m by default.'),
})

/**
 * Options that every object sink has, to be spread into its config. `roll` has no defaults here: the
 * preset (`semantics`) fills in what the user left out, and {@link objectOptions} the rest.
 */
export const objectOptionsConfig = {
  prefix: z.string().default('').describe('Start of every key, with expressions: `telemetry/dt=!{event:ts:yyyy-MM-dd}/`.'),
  format: formatChoice.prefault('parquet').describe('How rows are written: `parquet`, `jsonl`, `csv`, or one of them with options.'),
  roll: roll.optional().describe('When an open object is finished and a new one begun.'),
  fileExtension: z
    .string()
    .regex(/^\.[A-Za-z0-9!*'()._-]{1,127}$/, { error: 'expected an extension with its dot, like .parquet' })
    .optional()
    .describe("Replaces the format's file extension, with the dot."),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'expected a time zone, like UTC or Asia/Seoul' })
    .optional()
    .describe('Zone of `!{timestamp:…}`, `!{arrival:…}` and the time in the names of objects; UTC by default.'),
  objectName: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,80}$/, { error: 'expected up to 80 of a-z A-Z 0-9 _ . -' })
    .optional()
    .describe("Names of objects begin with it, after the prefix. By default the pipeline's name; with `semantics: firehose` and `-1`, as version of a delivery stream."),
  activePartitions: z
    .int()
    .min(1)
    .optional()
    .describe('Most partitions that may be open at once; records of others become dead letters (`activePartitionExceeded`), as Firehose does from 500 on. No limit by default.'),
}

const objectConfig = z.object(objectOptionsConfig)

/** The parts of an {@link ObjectSink} that come from {@link objectOptionsConfig}. */
export function objectOptions(config: z.output<typeof objectConfig>): Pick<ObjectSink, 'prefix' | 'format' | 'roll' | 'fileExtension' | 'timeZone' | 'objectName' | 'activePartitions'> {
  return {
    prefix: config.prefix,
    format: config.format,
    roll: {
      sizeBytes: config.roll?.size ?? DEFAULT_ROLL.sizeBytes,
      ageMs: config.roll?.age ?? DEFAULT_ROLL.ageMs,
      inputBytes: config.roll?.inputSize,
    },
    fileExtension: config.fileExtension,
    timeZone: config.timeZone,
    objectName: config.objectName,
    activePartitions: config.activePartitions,
  }
}

/** The part of a prefix before its first expression: what all keys begin with. */
export function literalPrefix(prefix: string): string {
  const expression = prefix.indexOf('!{')
  return expression === -1 ? prefix : prefix.slice(0, expression)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
