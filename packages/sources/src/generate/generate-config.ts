import { z } from 'zod'
import { duration } from '@standpipe/core'

const share = (fallback: number): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(1).default(fallback)

/** The options of `generate`. */
export const generateConfig = z.strictObject({
  kind: z.enum(['sensors', 'inspections', 'production', 'energy']).describe('What the simulated factory sends.'),
  seed: z.int().default(1).describe('Another seed gives other values.'),
  rate: z
    .union([z.number().positive(), z.literal('max')])
    .default(1_000)
    .describe('Records a second, or `max`: as fast as they are taken.'),
  count: z.int().positive().optional().describe('End after so many records; without it and `duration` it goes on for ever.'),
  duration: duration().optional().describe('End after as many records as `rate` gives in this time (`max` counts as 1,000 a second).'),
  start: z.iso.datetime({ offset: true }).default('2026-03-02T06:00:00Z').describe('Event time of the first record.'),
  speed: z.number().positive().default(1).describe('How much faster than the clock event time passes: 2880 is a day in half a minute.'),
  lanes: z.int().min(1).max(64).default(1).describe('Shards; record i is in lane i modulo lanes.'),
  faults: z
    .strictObject({
      malformed: share(0.001).describe('Share of records that are cut off, have a value of the wrong type, or hold bytes that are no UTF-8.'),
      late: share(0.01).describe('Share of records whose event time lies 2 to 15 minutes back.'),
      missing: share(0.005).describe('Share of records whose main value is null.'),
    })
    .prefault({})
    .describe('What goes wrong in the factory.'),
})

/** Checked options of `generate`. */
export type GenerateConfig = z.output<typeof generateConfig>

const NOMINAL_RATE = 1_000

/** Records a second that event time and `duration` are counted with. */
export function nominalRate(config: GenerateConfig): number {
  return config.rate === 'max' ? NOMINAL_RATE : config.rate
}

/** How many records there are; Infinity where there is no end. */
export function totalRecords(config: GenerateConfig): number {
  const timed = config.duration === undefined ? Infinity : Math.floor((config.duration / 1000) * nominalRate(config))
  return Math.min(config.count ?? Infinity, timed)
}
