import type { RecordSet } from '@standpipe/core/model'
import { SchemaInference, type InferredSchema } from './infer-schema.js'

/** What one set of records says. */
export function infer(samples: RecordSet, kind: 'json' | 'csv'): InferredSchema {
  const inference = new SchemaInference({ kind })
  inference.add(samples)
  return inference.result()
}
