import type { OperatorDefinition } from '../../component/index.js'
import { deaggregate } from './deaggregate.js'
import { decompress } from './decompress.js'
import { delimit } from './delimit.js'
import { extractKeys } from './extract-keys.js'
import { extractMessages } from './extract-messages.js'

/** The operators on payloads that come with Standpipe, in the order in which Firehose has its processors. */
export const PAYLOAD_OPERATORS: readonly OperatorDefinition[] = [decompress, extractMessages, deaggregate, extractKeys, delimit]
