import { z } from 'zod'
import type { LedgerDocument } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'

/** Newest format this version reads and writes. */
const LEDGER_FORMAT = 1

const position = z.string()
const counts = { objects: z.number().int(), records: z.number().int(), rows: z.number().int() }
const shards = z.record(
  z.string(),
  z.object({
    checkpoint: position.optional(),
    arrivalMs: z.number().optional(),
    ended: z.boolean().optional(),
    ahead: z.record(z.string(), position),
  }),
)
const state = z.union([z.object({ inline: z.string() }), z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })])
const documentSchema = z.object({
  format: z.literal(LEDGER_FORMAT),
  pipeline: z.string(),
  id: z.string(),
  epoch: z.number().int(),
  seq: z.number().int(),
  writeId: z.string(),
  fingerprint: z.string(),
  configuration: z.string(),
  shards,
  staged: z.array(
    z.object({
      id: z.string(),
      sink: z.string(),
      partition: z.string(),
      object: z.object({ key: z.string(), identity: z.string(), bytes: z.number(), upload: z.unknown() }),
      rows: z.number(),
      stagedMs: z.number(),
      ranges: z.record(z.string(), z.object({ first: position, last: position, replaced: position.optional(), records: z.number(), rows: z.number() })),
    }),
  ),
  ends: z.record(z.string(), z.record(z.string(), position)).default({}),
  totals: z.record(z.string(), z.object({ ...counts, shards: z.record(z.string(), z.object(counts)) })).default({}),
  aligned: z
    .object({ sets: z.number().int().optional(), state: state.optional(), previous: z.object({ state: state.optional(), shards }).optional() })
    .optional(),
})

/** Reads a stored document. Throws LEDGER_NEWER for a later format, LEDGER_CORRUPT for anything that is not one. */
export function parseLedgerDocument(text: string, where: string): LedgerDocument {
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch (error) {
    throw new StandpipeError(`${where} is not JSON`, { code: 'LEDGER_CORRUPT', component: 'ledger', cause: error })
  }
  const format = (stored as { format?: unknown } | null)?.format
  if (typeof format === 'number' && format > LEDGER_FORMAT) {
    throw new StandpipeError(`${where} has format ${format}; this version knows up to ${LEDGER_FORMAT}`, { code: 'LEDGER_NEWER', component: 'ledger' })
  }
  const parsed = documentSchema.safeParse(stored)
  if (parsed.success) return parsed.data as LedgerDocument
  throw new StandpipeError(`${where} is not a ledger: ${z.prettifyError(parsed.error)}`, { code: 'LEDGER_CORRUPT', component: 'ledger' })
}
