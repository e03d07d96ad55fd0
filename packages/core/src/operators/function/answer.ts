import type { Rejection } from '../../model/index.js'
import type { InvocationCode } from './invocation.js'

/** What the function made of a record. */
export type RecordOutcome =
  | { readonly result: 'Ok'; readonly data: Uint8Array; readonly partitionKeys?: Readonly<Record<string, string>> }
  | { readonly result: 'Dropped' }
  | { readonly result: 'failed'; readonly rejection: Rejection }

/** What an answer says of each record, in the order of the event; or why it says nothing of any. */
export type Answer = { readonly outcomes: readonly RecordOutcome[]; readonly unknownIds: number } | { readonly broken: string }

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Reads the answer to an event with these record ids, by Firehose's rules (aws-semantics.md A.12). */
export function readAnswer(text: string, ids: readonly string[]): Answer {
  const given = parse(text)
  const records = isObject(given) ? given.records : undefined
  if (!Array.isArray(records)) return { broken: 'the answer is no object with a list `records`' }
  const byId = new Map<string, unknown[]>()
  for (const record of records as readonly unknown[]) {
    const id = isObject(record) ? record.recordId : undefined
    if (typeof id !== 'string') return { broken: 'the answer has a record without a `recordId`' }
    const known = byId.get(id)
    if (known === undefined) byId.set(id, [record])
    else known.push(record)
  }
  const asked = new Set(ids)
  const unknownIds = [...byId.keys()].filter((id) => !asked.has(id)).length
  const beside = unknownIds === 0 ? '' : `; it has ${unknownIds} that were not sent`
  const outcomes = ids.map((id): RecordOutcome => {
    const found = byId.get(id) ?? []
    if (found.length === 0) return failed('Lambda.MissingRecordId', `the answer has no record with this id${beside}`)
    if (found.length > 1) return failed('Lambda.DuplicatedRecordId', `the answer has ${found.length} records with this id`)
    return readRecord(found[0] as Readonly<Record<string, unknown>>)
  })
  return { outcomes, unknownIds }
}

function readRecord({ result, data, metadata }: Readonly<Record<string, unknown>>): RecordOutcome {
  if (result === 'Dropped') return { result }
  if (result === 'ProcessingFailed') return failed('Lambda.ProcessingFailedStatus', 'ProcessingFailed status set for record')
  if (result !== 'Ok') return failed('Lambda.JsonProcessingException', '`result` is none of Ok, Dropped and ProcessingFailed')
  if (typeof data !== 'string') return failed('Lambda.JsonProcessingException', '`result` is Ok, and there is no `data`')
  if (data.length % 4 !== 0 || !BASE64.test(data)) return failed('Lambda.JsonProcessingException', '`data` is not base64')
  const bytes = Buffer.from(data, 'base64')
  const keys = isObject(metadata) ? metadata.partitionKeys : undefined
  if (keys === undefined || keys === null) return { result, data: bytes }
  if (!isObject(keys)) return failed('Lambda.JsonProcessingException', '`metadata.partitionKeys` is no object')
  const texts = Object.entries(keys).map(([name, value]) => [name, typeof value === 'number' || typeof value === 'boolean' ? String(value) : value] as const)
  const wrong = texts.find(([, value]) => typeof value !== 'string' || value === '')
  if (wrong !== undefined) return failed('Lambda.JsonProcessingException', `\`metadata.partitionKeys.${wrong[0]}\` is no text`)
  return { result, data: bytes, partitionKeys: Object.fromEntries(texts as readonly (readonly [string, string])[]) }
}

function failed(code: InvocationCode, message: string): RecordOutcome {
  return { result: 'failed', rejection: { code, message } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
