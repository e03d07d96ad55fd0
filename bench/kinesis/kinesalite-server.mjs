// kinesalite in a process of its own, with the lines of a file in it: `kinesalite-server.mjs FILE SHARDS`.
import { readFileSync } from 'node:fs'
import { KinesisCalls, startKinesalite } from '@standpipe/testkit'

const [path, shards] = [process.argv[2], Number(process.argv[3])]
const { endpoint } = await startKinesalite()
const calls = new KinesisCalls(endpoint)
await calls.createStream('bench', shards)
if (path !== '') {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const space = 1n << 128n
  await calls.put('bench', lines.map((data, line) => ({ data, key: `${line % 500}`, hashKey: String((space / BigInt(shards)) * BigInt(line % shards)) })))
}
process.send({ endpoint })
process.once('disconnect', () => process.exit())
