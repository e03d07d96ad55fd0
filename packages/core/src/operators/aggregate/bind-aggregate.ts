import { ConfigProblemError, type BindContext } from '../../component/index.js'
import type { CompiledExpression } from '../../expression/index.js'
import { didYouMean } from '../../expression/did-you-mean.js'
import { formatType, type DataType, type Schema } from '../../model/index.js'
import { bindExpression } from '../bind-expression.js'
import { isKeepable } from '../state-value.js'
import type { CreateAccumulator } from './accumulator.js'
import { deviationOfExact, deviationOfReals } from './deviation.js'
import { endmost, extreme } from './kept-values.js'
import { countValues, meanOfExact, meanOfReals, SUM_PRECISION, sumDecimals, sumInts, sumReals } from './sums.js'

/** One aggregate of an `aggregate`, bound to the schema of what comes in. */
export interface BoundAggregate {
  readonly name: string
  /** What it goes over; undefined for `count()`, which counts rows. */
  readonly argument: CompiledExpression | undefined
  readonly type: DataType
  readonly nullable: boolean
  readonly create: CreateAccumulator
  /** Whether it keeps values as they came, which take as much memory as they are long. */
  readonly keepsValues: boolean
}

const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'stddev'] as const
type AggregateFunction = (typeof FUNCTIONS)[number]

const CALL = /^\s*([A-Za-z_]\w*)\s*\(([\s\S]*)\)\s*$/

/** Binds `name: avg(temperature)`; what is wrong with it is a ConfigProblemError at the path. */
export function bindAggregate(name: string, text: string, schema: Schema, context: BindContext, path: readonly (string | number)[]): BoundAggregate {
  const call = CALL.exec(text)
  const called = call?.[1] ?? ''
  if (call === null || !isFunction(called)) {
    throw new ConfigProblemError(call === null ? `\`${text}\` is no aggregate` : `there is no aggregate \`${called}\``, {
      path,
      hint: didYouMean(called, FUNCTIONS) ?? `like avg(temperature); there are ${FUNCTIONS.join(', ')}`,
    })
  }
  const inside = call[2]
  if (inside.trim() === '') {
    if (called !== 'count') throw new ConfigProblemError(`\`${called}\` needs a field or an expression`, { path, hint: `like ${called}(temperature)` })
    return { name, argument: undefined, type: { kind: 'int64' }, nullable: false, create: countValues, keepsValues: false }
  }
  const argument = bindInside(inside, text.indexOf('(') + 1, schema, context, path)
  const keepsValues = ['min', 'max', 'first', 'last'].includes(called)
  return { name, argument, nullable: called !== 'count', keepsValues, ...functionOver(called, argument.type, path) }
}

function functionOver(called: AggregateFunction, type: DataType, path: readonly (string | number)[]): { type: DataType; create: CreateAccumulator } {
  const refuse = (): never => {
    throw new ConfigProblemError(`\`${called}\` of ${formatType(type)} is not possible`, { path, hint: 'convert it, like double(x)' })
  }
  const isInt = type.kind === 'int32' || type.kind === 'int64'
  const isNumber = isInt || ['float', 'double', 'decimal'].includes(type.kind)
  // Of ints and decimals; undefined of reals.
  const scale = type.kind === 'decimal' ? type.scale : isInt ? 0 : undefined
  switch (called) {
    case 'count':
      return { type: { kind: 'int64' }, create: countValues }
    case 'sum':
      if (!isNumber) return refuse()
      if (type.kind === 'decimal') return { type: { kind: 'decimal', precision: SUM_PRECISION, scale: type.scale }, create: sumDecimals(type.scale) }
      return isInt ? { type: { kind: 'int64' }, create: sumInts } : { type: { kind: 'double' }, create: sumReals }
    case 'avg':
      if (!isNumber) return refuse()
      return { type: { kind: 'double' }, create: scale === undefined ? meanOfReals : meanOfExact(scale) }
    case 'stddev':
      if (!isNumber) return refuse()
      return { type: { kind: 'double' }, create: scale === undefined ? deviationOfReals : deviationOfExact(scale) }
    case 'min':
    case 'max':
      if (!isNumber && !['string', 'timestamp', 'date'].includes(type.kind)) return refuse()
      return { type, create: extreme(type, called === 'min' ? 1 : -1) }
    case 'first':
    case 'last':
      return isKeepable(type) ? { type, create: endmost(called === 'first' ? 1 : -1) } : refuse()
  }
}

function bindInside(inside: string, offset: number, schema: Schema, context: BindContext, path: readonly (string | number)[]): CompiledExpression {
  try {
    return bindExpression(inside, schema, context, path)
  } catch (error) {
    if (!(error instanceof ConfigProblemError)) throw error
    throw new ConfigProblemError(error.message, { path: error.path, offset: (error.offset ?? 0) + offset, hint: error.hint })
  }
}

function isFunction(name: string): name is AggregateFunction {
  return FUNCTIONS.some((known) => known === name)
}
