/**
 * What runs in the worker of a local function: plain CommonJS, as text, so that it is the same from sources and compiled. It
 * loads the module with jiti and calls its handler as Lambda's Node runtime does: a promise, or a callback. The clock it reads is
 * the function's own.
 */
export const WORKER_PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads')
const { createJiti } = require(workerData.jiti)
let loading
const load = async () => {
  const exported = await createJiti(workerData.path, { fsCache: false, moduleCache: true }).import(workerData.path)
  const handler = exported[workerData.exportName] ?? exported.default?.[workerData.exportName]
  if (typeof handler !== 'function') throw new Error('the module exports no function ' + workerData.exportName)
  return handler
}
const describe = (error) => (error instanceof Error ? error.name + ': ' + error.message : String(error))
const call = (handler, event, requestId) =>
  new Promise((resolve, reject) => {
    const until = Date.now() + workerData.timeoutMs
    const callback = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error))
    const context = {
      functionName: workerData.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: workerData.functionArn,
      memoryLimitInMB: String(workerData.memoryMb),
      awsRequestId: requestId,
      logGroupName: '/aws/lambda/' + workerData.functionName,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, until - Date.now()),
      done: callback,
      succeed: (result) => resolve(result),
      fail: (error) => reject(error ?? new Error('failed')),
    }
    const returned = handler(event, context, callback)
    if (returned !== null && typeof returned === 'object' && typeof returned.then === 'function') returned.then(resolve, reject)
    else if (handler.length < 3 && returned !== undefined) resolve(returned)
  })
parentPort.on('message', async ({ id, event, requestId }) => {
  try {
    loading ??= load()
    const result = await call(await loading, JSON.parse(event), requestId)
    parentPort.postMessage({ id, answer: JSON.stringify(result === undefined ? null : result) })
  } catch (error) {
    parentPort.postMessage({ id, error: describe(error) })
  }
})
`
