export { compileExpression, type CompiledExpression, type Evaluation } from './compile-expression.js'
export { ExpressionError } from './expression-error.js'
