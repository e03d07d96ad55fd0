import { existsSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import {
  callBatches,
  ConfigProblemError,
  defineOperator,
  duration,
  hashModuleFiles,
  LocalFunctionCaller,
  RAW_SCHEMA,
  size,
  type BindContext,
  type CallPolicy,
  type Operator,
} from '@standpipe/core'
import { z } from 'zod'
import { awsConnectionConfig } from '../connection.js'
import { parseKinesisPosition } from '../kinesis/kinesis-position.js'
import { RemoteFunctionCaller } from './remote-function.js'

const ACCOUNT = '000000000000'
const CALLS_AT_A_TIME = 5
const LONGEST_TIMEOUT_MS = 900_000

/** Has a function transform payloads, with Firehose's protocol. */
export const lambdaOperator = defineOperator({
  name: 'lambda',
  on: 'payloads',
  summary: "Has a Lambda function, or a handler of yours run here, transform payloads with Firehose's protocol.",
  stability: 'beta',
  description:
    'A function written for Firehose runs unchanged: it gets `records` with `recordId` and base64 `data`, and answers each with `Ok`, `Dropped` or `ProcessingFailed`, ' +
    'new `data`, and maybe `metadata.partitionKeys` for `!{partitionKeyFromLambda:NAME}`. `function` names one of AWS Lambda; `module` a file whose handler runs in a ' +
    'worker beside the pipeline, with a limit on its time and its JavaScript heap (buffers are outside of the heap, and not limited). Order is kept. An invocation ' +
    "that fails is tried again `retries` times; then its records are dead letters with Firehose's codes, as are records that the answer leaves out, has twice, or gives no valid data for.\n\n" +
    'A function counts as not deterministic, and delivery is then at-least-once, unless `deterministic: true` promises that its answer for a record depends on that record alone, failures ' +
    'included. Then records that fail together are tried apart, so that only the one at fault is a dead letter, and where Lambda cannot be reached the pipeline waits.',
  config: z.strictObject({
    function: z.string().min(1).optional().describe('Name or ARN of a function of AWS Lambda.'),
    module: z.string().min(1).optional().describe('A module with a handler, relative to the folder of the pipeline file: JavaScript (ESM or CommonJS) or TypeScript.'),
    export: z.string().min(1).default('handler').describe('Name of the handler in the module.'),
    deterministic: z.boolean().default(false).describe('Promise that the answer for a record depends on it alone; exactly-once delivery needs it.'),
    buffer: z
      .strictObject({
        size: size().prefault('1MiB').describe('Payload bytes of an invocation, 0.2MB to 3MiB.'),
        interval: duration().prefault('60s').describe('The longest that a record waits for others, to 900s; 0s: batches as they come.'),
      })
      .prefault({})
      .describe('How records are gathered for an invocation.'),
    retries: z.int().min(0).max(300).default(3).describe('How often a failed invocation is tried again.'),
    unreachable: z
      .enum(['wait', 'deadLetter'])
      .default('wait')
      .describe('Where Lambda cannot be called: `wait`, and stop where that is for good (no access, no such function); or dead letters after `retries`, as Firehose.'),
    timeout: duration().prefault('5m').describe('The longest that an invocation may take, at most 15m.'),
    memory: size().prefault('256MiB').describe('JavaScript heap of a handler that runs here, at least 16MiB.'),
    concurrency: z.int().min(1).max(100).optional().describe('Invocations at a time; by default 5, of a handler that runs here 1.'),
    console: z.enum(['off', 'log']).default('off').describe('`log` logs the lines that a handler prints here, cut at 256 characters: also what it prints of payloads.'),
    deliveryStreamArn: z.string().startsWith('arn:').optional().describe('What the function is told; by default made from the name of the pipeline.'),
    sourceKinesisStreamArn: z.string().startsWith('arn:').optional().describe('With it, records carry `kinesisRecordMetadata`; the source must be `kinesis`.'),
    ...awsConnectionConfig,
  }),
  examples: [
    { title: 'A handler beside the pipeline file', config: { module: './transform.mjs', deterministic: true, buffer: { interval: '1s' } } },
    { title: 'A function of AWS Lambda, as Firehose would call it', config: { function: 'arn:aws:lambda:eu-central-1:111122223333:function:transform', unreachable: 'deadLetter' } },
  ],
  bind(config, _schema, context): Operator {
    if ((config.function === undefined) === (config.module === undefined)) throw new ConfigProblemError('give either `function` or `module`')
    const { buffer } = config
    if (buffer.size < 200_000 || buffer.size > 3 * 1024 ** 2) throw new ConfigProblemError('between 0.2MB and 3MiB', { path: ['buffer', 'size'] })
    if (buffer.interval > 900_000) throw new ConfigProblemError('at most 900s', { path: ['buffer', 'interval'] })
    if (config.timeout < 1 || config.timeout > LONGEST_TIMEOUT_MS) throw new ConfigProblemError('between 1ms and 15m', { path: ['timeout'] })
    if (config.memory < 16 * 1024 ** 2) throw new ConfigProblemError('at least 16MiB', { path: ['memory'] })
    if (config.deterministic && config.unreachable === 'deadLetter') {
      context.warn('whether Lambda can be reached depends on more than the record, so this `lambda` counts as non-deterministic', ['unreachable'])
    }
    const deterministic = config.deterministic && config.unreachable === 'wait'
    const target = config.function === undefined ? localTarget(config, context) : remoteTarget(config, config.function)
    const policy: CallPolicy = {
      source: {
        deliveryStreamArn: config.deliveryStreamArn ?? `arn:aws:firehose:${target.region}:${ACCOUNT}:deliverystream/${context.pipeline}`,
        region: target.region,
        ...(config.sourceKinesisStreamArn === undefined ? {} : { sourceKinesisStreamArn: config.sourceKinesisStreamArn, sequenceOf }),
      },
      bufferBytes: buffer.size,
      bufferMs: buffer.interval,
      concurrency: config.concurrency ?? target.concurrency,
      retries: config.retries,
      unreachable: config.unreachable,
      deterministic,
      functionArn: target.arn,
      createCaller: target.createCaller,
    }
    return {
      schema: RAW_SCHEMA,
      traits: { deterministic, stateful: false },
      partitionKeys: { lambda: 'any' },
      ...(target.fingerprint === undefined ? {} : { fingerprint: target.fingerprint }),
      ...(deterministic ? {} : { caveats: ['the same answer, or any, for a record that the function is sent again'] }),
      iam: () => target.iam,
      run: (runtime) => callBatches(policy, runtime),
    }
  },
})

type LambdaConfig = z.output<typeof lambdaOperator.config>

interface Target extends Pick<CallPolicy, 'concurrency' | 'createCaller'> {
  readonly arn: string
  readonly region: string
  readonly fingerprint?: string
  readonly iam: ReturnType<NonNullable<Operator['iam']>>
}

function localTarget(config: LambdaConfig, { directory }: BindContext): Target {
  const module = config.module ?? ''
  const path = resolve(directory, module)
  if (!existsSync(path)) throw new ConfigProblemError(`there is no file ${module}`, { path: ['module'], hint: 'the path starts at the folder of the pipeline file' })
  const region = config.region ?? 'us-east-1'
  const functionName = basename(path, extname(path))
  const arn = `arn:aws:lambda:${region}:${ACCOUNT}:function:${functionName}`
  const own = { path, exportName: config.export, functionName, functionArn: arn, timeoutMs: config.timeout, memoryBytes: config.memory, logsConsole: config.console === 'log' }
  return { arn, region, concurrency: 1, fingerprint: hashModuleFiles(path), iam: [], createCaller: (runtime) => new LocalFunctionCaller(own, runtime) }
}

function remoteTarget(config: LambdaConfig, name: string): Target {
  const isArn = name.startsWith('arn:')
  const region = config.region ?? (isArn ? name.split(':')[3] : 'us-east-1')
  const arn = isArn ? name : `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`
  const options = { ...config, ...(config.region === undefined && isArn ? { region } : {}), requestTimeoutMs: config.timeout }
  const resource = isArn ? name : `arn:aws:lambda:${config.region ?? '*'}:*:function:${name}`
  return {
    arn,
    region,
    concurrency: CALLS_AT_A_TIME,
    iam: [{ actions: ['lambda:InvokeFunction'], resources: [resource, `${resource}:*`], why: 'call the function' }],
    createCaller: () => new RemoteFunctionCaller(name, options),
  }
}

function sequenceOf(position: string): { readonly sequenceNumber: string; readonly subsequenceNumber: number } {
  const { sequenceNumber, subSequence } = parseKinesisPosition(position)
  return { sequenceNumber, subsequenceNumber: subSequence ?? 0 }
}
