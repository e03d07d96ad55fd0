import type { OperatorDefinition } from '../component/index.js'
import { aggregate } from './aggregate/aggregate.js'
import { buffer } from './buffer.js'
import { cast } from './cast.js'
import { dedupe } from './dedupe.js'
import { explode } from './explode.js'
import { filter } from './filter.js'
import { hash } from './hash.js'
import { map } from './map.js'
import { mask } from './mask.js'
import { rename } from './rename.js'
import { sample } from './sample.js'
import { select } from './select.js'
import { set } from './set.js'

/** The operators that come with Standpipe. */
export const OPERATORS: readonly OperatorDefinition[] = [filter, set, select, rename, cast, explode, mask, hash, sample, buffer, aggregate, dedupe, map]

export * from './function/index.js'
export { hashModuleFiles } from './module-files.js'
export { PAYLOAD_OPERATORS } from './payloads/index.js'
export { aggregate, buffer, cast, dedupe, explode, filter, hash, map, mask, rename, sample, select, set }
export type { MapContext, MapFunction, MapResult } from './map.js'
export { rxOperator, type RxOperatorOptions } from './rx-operator.js'
