export { callBatches, type CallPolicy } from './call-batches.js'
export { InvocationError, type FunctionCaller, type InvocationCode } from './invocation.js'
export { LocalFunctionCaller } from './local-function.js'
