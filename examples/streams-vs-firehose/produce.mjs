// A producer as people write it: what is due goes in calls of up to 500 records, and a call without an answer goes again.

const CALL_RECORDS = 500

/**
 * Sends the records when they are due. `put(bodies)` makes one call, and resolves to the indexes of the records that were
 * refused. Resolves to `{ calls, again }`: how many calls, and the ids of what was sent more than once, which may be there twice.
 */
export async function produce(records, startMs, put) {
  const again = new Set()
  let calls = 0
  let next = 0
  while (next < records.length) {
    const batch = []
    while (next < records.length && batch.length < CALL_RECORDS && startMs + records[next].atMs <= Date.now()) batch.push(records[next++])
    for (let left = batch; left.length > 0; ) {
      calls++
      try {
        const refused = await put(left.map((record) => ({ key: record.machine, body: record.body(startMs) })))
        left = refused.map((i) => left[i])
      } catch (error) {
        // Nobody knows whether the call was heard.
        if (!isWorthAnotherTry(error)) throw error
        for (const { id } of left) again.add(id)
        await pause(100)
      }
    }
    if (batch.length < CALL_RECORDS) await pause(20)
  }
  return { calls, again }
}

function isWorthAnotherTry(error) {
  return error.$metadata?.httpStatusCode === undefined || error.$metadata.httpStatusCode >= 500
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
