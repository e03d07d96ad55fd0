import type { z } from 'zod'
import { faultOf, type Fault } from './faults.js'
import { generateConfig } from './generate-config.js'

/** How many of the generated records have which fault; `malformed` are those that do not decode. */
export type ExpectedCounts = Readonly<Record<Exclude<Fault, 'none'> | 'malformed' | 'records', number>>

/** The truth about the first `count` records that `generate` makes with these options (as in YAML). */
export function expectedCounts(options: z.input<typeof generateConfig>, count: number): ExpectedCounts {
  const { faults, seed } = generateConfig.parse(options)
  const counts: Record<Fault, number> = { none: 0, truncated: 0, wrongType: 0, badUtf8: 0, late: 0, missing: 0 }
  for (let index = 0; index < count; index++) counts[faultOf(faults, seed, index)]++
  const { none: _, ...faulty } = counts
  return { ...faulty, malformed: faulty.truncated + faulty.wrongType + faulty.badUtf8, records: count }
}
