import { z } from 'zod'
import type { LedgerDocument, LedgerChange } from '../../component/index.js'
import { StandpipeError } from '../../model/index.js'

/** Newest format this version reads and writes. */
const LEDGER_FORMAT = 2

const position = z.string()
const counts = z.object({ objects: z.number().int(), records: z.number().int(), rows: z.number().int() })
const shard = z.object({
  checkpoint: position.optional(),
  arrivalMs: z.number().optional(),
  ended: z.boolean().optional(),
  ahead: z.record(z.string(), position),
})
const range = z.object({ first: position, last: position, replaced: position.optional(), records: z.number(), rows: z.number() })
const staged = z.array(
  z.object({
    id: z.string(),
    sink: z.string(),
    partition: z.string(),
    object: z.object({ key: z.string(), identity: z.string(), bytes: z.number(), upload: z.unknown() }),
    rows: z.number(),
    stagedMs: z.number(),
    ranges: z.record(z.string(), range),
  }),
)
const shardEnds = z.array(z.tuple([z.string(), position]))
const state = z.union([z.object({ inline: z.string() }), z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })])
const aligned = z.object({
  sets: z.number().int().optional(),
  state: state.optional(),
  previous: z.object({ state: state.optional(), shards: z.record(z.string(), shard) }).optional(),
})
const version = { epoch: z.number().int(), seq: z.number().int(), writeId: z.string() }

const documentSchema = z.object({
  format: z.literal([1, LEDGER_FORMAT]).transform(() => LEDGER_FORMAT),
  pipeline: z.string(),
  id: z.string(),
  ...version,
  fingerprint: z.string(),
  configuration: z.string(),
  shards: z.record(z.string(), shard),
  staged,
  /** Format 1 had an object of shards, in the order in which JSON happens to keep keys. */
  ends: z.record(z.string(), z.union([shardEnds, z.record(z.string(), position).transform((ends) => Object.entries(ends))])).default({}),
  totals: z.record(z.string(), counts.extend({ shards: z.record(z.string(), counts), folded: counts.optional() })).default({}),
  aligned: aligned.optional(),
})

const changeSchema = z.object({
  format: z.literal(LEDGER_FORMAT),
  base: z.number().int(),
  change: z.object({
    ...version,
    shards: z.record(z.string(), shard.extend({ ahead: z.record(z.string(), position.nullable()) }).partial()).optional(),
    staged: staged.optional(),
    dropped: z.array(z.string()).optional(),
    ends: z.array(z.tuple([z.string(), shardEnds])).optional(),
    totals: z.record(z.string(), counts.extend({ shards: z.record(z.string(), counts.nullable()), folded: counts.optional() })).optional(),
    aligned: aligned.nullable().optional(),
  }),
})

/** What is stored as one version of a ledger: the document, or what changed since the version before it. */
export type StoredVersion =
  | { readonly document: LedgerDocument }
  /** `base` is the number of the last version that holds a document. */
  | { readonly base: number; readonly change: LedgerChange }

/** A change as it is stored. */
export function formatLedgerChange(base: number, change: LedgerChange): string {
  return JSON.stringify({ format: LEDGER_FORMAT, base, change })
}

/** Reads a stored version. Throws LEDGER_NEWER for a later format, LEDGER_CORRUPT for anything that is not one. */
export function parseLedgerVersion(text: string, where: string): StoredVersion {
  const stored = parseJson(text, where)
  if (typeof stored !== 'object' || stored === null || !('change' in stored)) return { document: parseDocument(stored, where) }
  refuseNewer(stored, where)
  const parsed = changeSchema.safeParse(stored)
  if (parsed.success) return { base: parsed.data.base, change: parsed.data.change as LedgerChange }
  throw corrupt(where, parsed.error)
}

/** Reads a stored document, of this format or an earlier one. Throws LEDGER_NEWER for a later format, LEDGER_CORRUPT for anything that is not one. */
export function parseLedgerDocument(text: string, where: string): LedgerDocument {
  return parseDocument(parseJson(text, where), where)
}

function parseDocument(stored: unknown, where: string): LedgerDocument {
  refuseNewer(stored, where)
  const parsed = documentSchema.safeParse(stored)
  if (parsed.success) return parsed.data as LedgerDocument
  throw corrupt(where, parsed.error)
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StandpipeError(`${where} is not JSON`, { code: 'LEDGER_CORRUPT', component: 'ledger', cause: error })
  }
}

function refuseNewer(stored: unknown, where: string): void {
  const format = (stored as { format?: unknown } | null)?.format
  if (typeof format !== 'number' || format <= LEDGER_FORMAT) return
  throw new StandpipeError(`${where} has format ${format}; this version knows up to ${LEDGER_FORMAT}`, { code: 'LEDGER_NEWER', component: 'ledger' })
}

function corrupt(where: string, error: z.ZodError): StandpipeError {
  return new StandpipeError(`${where} is not a ledger: ${z.prettifyError(error)}`, { code: 'LEDGER_CORRUPT', component: 'ledger' })
}
