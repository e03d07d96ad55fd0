import { ConfigProblemError, type BindContext } from '../component/index.js'
import { compileExpression, ExpressionError, type CompiledExpression } from '../expression/index.js'
import type { Schema } from '../model/index.js'

/** Rejection code of a record on which an expression has no value. */
export const EXPRESSION_ERROR = 'Operator.ExpressionError'

/** Compiles an expression that stands at `path` of the operator's config; what is wrong with it is a ConfigProblemError, its warnings go to the context. */
export function bindExpression(text: string, schema: Schema, context: BindContext, path: readonly (string | number)[]): CompiledExpression {
  try {
    const compiled = compileExpression(text, schema)
    for (const warning of compiled.warnings) context.warn(warning, path)
    return compiled
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new ConfigProblemError(error.message, { path, offset: error.start, hint: error.hint })
  }
}
