import type { Processing } from './definition-shape.js'
import type { Findings, MemberPath } from './refusal.js'

type Processor = NonNullable<Processing['Processors']>[number]
type ProcessorType = Processor['Type']

/** What the steps before delivery become. */
export interface ProcessorParts {
  /** The section `transform`, in the order in which Firehose works, whatever the order written (facts A.6). */
  readonly transform: readonly object[]
  readonly lambdaArn?: string
}

/** What a Lambda step is given beside what the definition says. */
export interface LambdaSurroundings {
  readonly deliveryStreamArn?: string
  readonly sourceKinesisStreamArn?: string
  /** More of its options, by the ARN of the function: a module that runs here, an endpoint. */
  options?(arn: string): object
}

const ORDER: readonly ProcessorType[] = [
  'Decompression',
  'CloudWatchLogProcessing',
  'RecordDeAggregation',
  'Lambda',
  'MetadataExtraction',
  'AppendDelimiterToRecord',
]

/** Maps the processors; those and their parameters that cannot be had are refused. */
export function mapProcessors(processing: Processing | undefined, at: MemberPath, lambda: LambdaSurroundings, findings: Findings): ProcessorParts {
  // Unlike format conversion, processing that does not say `Enabled` is off (facts A.12).
  if (processing?.Enabled !== true) return { transform: [] }
  const written = (processing.Processors ?? []).map((processor, i) => ({ processor, at: [...at, 'Processors', i] }))
  for (const [i, { processor, at: where }] of written.entries()) {
    if (written.findIndex((other) => other.processor.Type === processor.Type) !== i) findings.breaksRule([...where, 'Type'], `${processor.Type} may stand once`)
  }
  const ordered = ORDER.flatMap((type) => written.find(({ processor }) => processor.Type === type) ?? [])
  const steps = ordered.map(({ processor, at: where }) => ({ processor, parameters: new Parameters(processor, where, findings) }))
  const transform = steps.map(({ processor, parameters }) => {
    const step = STEPS[processor.Type](parameters, lambda)
    parameters.refuseRest()
    return step
  })
  const arn = steps.find(({ processor }) => processor.Type === 'Lambda')?.parameters.peek('LambdaArn')
  return { transform, ...(arn === undefined ? {} : { lambdaArn: arn }) }
}

const STEPS: Readonly<Record<ProcessorType, (parameters: Parameters, lambda: LambdaSurroundings) => object>> = {
  Decompression(parameters) {
    parameters.only('CompressionFormat', 'GZIP')
    return { decompress: {} }
  },
  CloudWatchLogProcessing(parameters) {
    parameters.only('DataMessageExtraction', 'true')
    return { extractMessages: {} }
  },
  RecordDeAggregation(parameters) {
    const type = parameters.take('SubRecordType') ?? 'JSON'
    if (type === 'JSON') return { deaggregate: 'json' }
    if (type !== 'DELIMITED') parameters.breaksRule('SubRecordType', 'expected JSON or DELIMITED')
    return { deaggregate: { delimiter: Buffer.from(parameters.need('Delimiter'), 'base64').toString('utf8') } }
  },
  Lambda(parameters, lambda) {
    const arn = parameters.need('LambdaArn')
    const megabytes = parameters.number('BufferSizeInMBs', 0.2, 3)
    const seconds = parameters.number('BufferIntervalInSeconds', 0, 900)
    const retries = parameters.number('NumberOfRetries', 0, 300)
    parameters.skip('RoleArn', 'the role that Firehose takes to call the function; Standpipe calls with credentials of its own')
    const buffer = { ...(megabytes === undefined ? {} : { size: `${megabytes}MiB` }), ...(seconds === undefined ? {} : { interval: `${seconds}s` }) }
    return {
      lambda: {
        function: arn,
        ...(Object.keys(buffer).length === 0 ? {} : { buffer }),
        ...(retries === undefined ? {} : { retries }),
        unreachable: 'deadLetter',
        ...(lambda.deliveryStreamArn === undefined ? {} : { deliveryStreamArn: lambda.deliveryStreamArn }),
        ...(lambda.sourceKinesisStreamArn === undefined ? {} : { sourceKinesisStreamArn: lambda.sourceKinesisStreamArn }),
        ...lambda.options?.(arn),
      },
    }
  },
  MetadataExtraction(parameters) {
    parameters.only('JsonParsingEngine', 'JQ-1.6')
    return { extractKeys: parameters.need('MetadataExtractionQuery') }
  },
  AppendDelimiterToRecord(parameters) {
    const delimiter = parameters.take('Delimiter')
    return { delimit: delimiter === undefined || delimiter === '\\n' ? {} : delimiter }
  },
}

/** The parameters of a processor: each is taken once, and what is left is refused by name. */
class Parameters {
  private readonly values = new Map<string, string>()
  private readonly taken = new Set<string>()

  constructor(
    private readonly processor: Processor,
    private readonly at: MemberPath,
    private readonly findings: Findings,
  ) {
    for (const { ParameterName, ParameterValue } of processor.Parameters ?? []) {
      if (this.values.has(ParameterName)) this.breaksRule(ParameterName, `${ParameterName} stands twice`)
      this.values.set(ParameterName, ParameterValue)
    }
  }

  peek(name: string): string | undefined {
    return this.values.get(name)
  }

  take(name: string): string | undefined {
    this.taken.add(name)
    return this.values.get(name)
  }

  need(name: string): string {
    const value = this.take(name)
    if (value === undefined) this.findings.breaksRule([...this.at, 'Parameters'], `${this.processor.Type} needs ${name}`)
    return value ?? ''
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (value.trim() === '' || !(number >= least && number <= most)) this.breaksRule(name, `expected a number from ${least} to ${most}; found ${value}`)
    return number
  }

  /** A parameter that may have one value alone, said or not. */
  only(name: string, value: string): void {
    const given = this.take(name)
    if (given !== undefined && given.toUpperCase() !== value.toUpperCase()) this.breaksRule(name, `expected ${value}; found ${given}`)
  }

  skip(name: string, why: string): void {
    if (this.take(name) !== undefined) this.findings.note(this.place(name), why)
  }

  breaksRule(name: string, message: string): void {
    this.findings.breaksRule(this.place(name), message)
  }

  refuseRest(): void {
    for (const name of this.values.keys()) {
      if (!this.taken.has(name)) this.breaksRule(name, `${this.processor.Type} has no parameter ${name}`)
    }
  }

  private place(name: string): MemberPath {
    const index = (this.processor.Parameters ?? []).findIndex(({ ParameterName }) => ParameterName === name)
    return [...this.at, 'Parameters', index, 'ParameterValue']
  }
}
