import type { PartitionKeys } from '../../model/index.js'
import { escapeValue } from './escape-value.js'
import { NO_VALUE, type PartitionKey } from './partition-key.js'

/**
 * `!{partitionKeyFromQuery:NAME}` and `!{partitionKeyFromLambda:NAME}`: what a step before decoding found for the record. As
 * in Firehose a `/` in a value makes folders, and a record without the value has no partition.
 */
export function recordKey(from: keyof PartitionKeys, name: string): PartitionKey {
  return {
    codes(batch) {
      const codes = new Int32Array(batch.rowCount)
      const known = new Map<string | undefined, number>()
      const texts: string[] = []
      for (let i = 0; i < codes.length; i++) {
        const keys = batch.records.partitionKeys?.(batch.recordAt(batch.rowAt(i)))?.[from]
        const value = keys !== undefined && Object.hasOwn(keys, name) ? keys[name] : undefined
        let code = known.get(value)
        if (code === undefined) {
          code = texts.push(value === undefined || value === '' ? NO_VALUE : escapeFolders(value)) - 1
          known.set(value, code)
        }
        codes[i] = code
      }
      return { codes, count: texts.length, textOf: (code) => texts[code] }
    },
  }
}

/** Folders that are named; where one has no name, the value is one folder, and its `/` escaped. */
function escapeFolders(value: string): string {
  const folders = value.split('/')
  return folders.includes('') ? escapeValue(value) : folders.map(escapeValue).join('/')
}
