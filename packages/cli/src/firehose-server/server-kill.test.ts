import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateDeliveryStreamCommand, DeleteDeliveryStreamCommand, FirehoseClient, ListDeliveryStreamsCommand, PutRecordBatchCommand, UpdateDestinationCommand } from '@aws-sdk/client-firehose'
import { systemClock } from '@standpipe/core'
import { expect, it } from 'vitest'
import { isCompiled, startProgram, testFolder, type StartedProgram } from '../command-line.testing.js'

const KILLS = 3
const DeliveryStreamName = 'killed'

interface Started {
  readonly program: StartedProgram
  readonly client: FirehoseClient
}

async function start(directory: string): Promise<Started> {
  const program = startProgram(['firehose-server', '--listen', '127.0.0.1:0', '--allow-any-key', '--log', 'json', '--log-level', 'info'], { directory })
  await program.saw(/"url":"http[^"]+"/)
  const endpoint = /"url":"(http[^"]+)"/.exec(program.said())?.[1]
  return { program, client: new FirehoseClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, maxAttempts: 1 }) }
}

it.skipIf(!isCompiled)('brings streams back after SIGKILL, and delivers what it answered once, also across an update (needs the build)', { timeout: 120_000 }, async () => {
  const directory = await testFolder()
  const answered: string[] = []
  let sent = 0
  const putUntilFailure = async ({ client }: Started, batches: number): Promise<void> => {
    for (let i = 0; i < batches; i++) {
      const lines = Array.from({ length: 20 }, () => `line-${sent++}`)
      const kept = await client.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: lines.map((line) => ({ Data: Buffer.from(`${line}\n`) })) })).then(
        () => true,
        () => false, // the server is gone; whether it kept them is open
      )
      if (!kept) return
      answered.push(...lines)
    }
  }
  let server = await start(directory)
  const destination = { RoleARN: 'arn:aws:iam::000000000000:role/r', BucketARN: 'arn:aws:s3:::lake', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } }
  await server.client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration: destination }))
  for (let kill = 1; kill <= KILLS; kill++) {
    const putting = putUntilFailure(server, 1_000_000)
    await systemClock.sleep(600 + 300 * kill)
    if (kill === 2) {
      const DestinationId = 'destinationId-000000000001'
      await server.client.send(new UpdateDestinationCommand({ DeliveryStreamName, CurrentDeliveryStreamVersionId: '1', DestinationId, ExtendedS3DestinationUpdate: { Prefix: 'moved/' } }))
    }
    server.program.child.kill('SIGKILL')
    await putting
    await server.program.ended
    server.client.destroy()
    server = await start(directory)
    expect((await server.client.send(new ListDeliveryStreamsCommand({}))).DeliveryStreamNames).toEqual([DeliveryStreamName])
  }
  await putUntilFailure(server, 3)
  await server.client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }))
  await server.program.saw(/a delivery stream was deleted/)
  server.client.destroy()
  server.program.child.kill('SIGTERM')
  expect((await server.program.ended).code).toBe(0)

  const root = join(directory, 'out', 'lake')
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !entry.parentPath.includes('.standpipe'))
  const delivered = (await Promise.all(entries.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))).join('').split('\n').filter(Boolean)
  const once = new Set(delivered)
  expect([delivered.length - once.size, answered.filter((line) => !once.has(line)).length]).toEqual([0, 0])
  expect(answered.length).toBeGreaterThan(100)
  expect(entries.some((entry) => entry.parentPath.includes('moved')) && entries.some((entry) => entry.name.startsWith(`${DeliveryStreamName}-2-`))).toBe(true)
})
