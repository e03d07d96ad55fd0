import type { Schema } from '../model/index.js'

const text = (name: string): Schema['fields'][number] => ({ name, type: { kind: 'string' }, nullable: true })
const number = (name: string): Schema['fields'][number] => ({ name, type: { kind: 'int64' }, nullable: true })

/**
 * Rows of the dead-letter sink: Firehose's error record (aws-semantics.md A.9), with `origin`, `shard` and
 * `position` of ours. A record that did not decode has `lastErrorCode` and `lastErrorMessage`, as format
 * conversion writes them; one that failed in an operator has `errorCode` and `errorMessage`, as Lambda does.
 * `errorOutputType` is not written: it is the value of `!{firehose:error-output-type}`.
 */
export const DEAD_LETTER_SCHEMA: Schema = {
  fields: [
    { name: 'attemptsMade', type: { kind: 'int32' }, nullable: false },
    number('arrivalTimestamp'),
    text('errorCode'),
    text('errorMessage'),
    text('lastErrorCode'),
    text('lastErrorMessage'),
    number('attemptEndingTimestamp'),
    text('rawData'),
    text('origin'),
    text('shard'),
    text('position'),
  ],
}

/** Where a record failed; the value of `!{firehose:error-output-type}` in the dead-letter prefix. */
export type ErrorOutputType = 'format-conversion-failed' | 'processing-failed' | 'delivery-failed'
