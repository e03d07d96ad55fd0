import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a server of this folder in a process of its own; resolves to what it says when it is ready. */
export async function startServer(file, args) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args.map(String), { execArgv: ['--max-old-space-size=4096', '--no-warnings'] })
  const [said] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`)))])
  return {
    ...said,
    child,
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** Reads every record of a stream by GetRecords and drops it: what the server alone can do. */
export async function drainStream(endpoint, stream, shards, records) {
  const call = async (operation, input) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Kinesis_20131202.${operation}`, 'x-amz-date': '20260301T000000Z', authorization: 'AWS4-HMAC-SHA256 Credential=a/20260301/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0' },
      body: JSON.stringify(input),
    })
    return Buffer.from(await response.arrayBuffer())
  }
  let read = 0
  await Promise.all(
    Array.from({ length: shards }, async (_, index) => {
      const ShardId = `shardId-${String(index).padStart(12, '0')}`
      let { ShardIterator } = JSON.parse((await call('GetShardIterator', { StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' })).toString())
      for (let count = 1; count > 0;) {
        const body = await call('GetRecords', { ShardIterator, Limit: 4_500 })
        count = occurrences(body, '"SequenceNumber":')
        read += count
        ShardIterator = /"NextShardIterator":"([^"]*)"/.exec(body.toString('latin1', 0, 1000) + body.toString('latin1', Math.max(0, body.length - 1000)))[1]
      }
    }),
  )
  if (read !== records) throw new Error(`drained ${read} of ${records} records`)
}

function occurrences(body, text) {
  let count = 0
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + 1)) count++
  return count
}
