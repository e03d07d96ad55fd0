import type { ExtendedS3Destination } from './definition-shape.js'
import type { Findings, MemberPath } from './refusal.js'

const DEFAULT_MIB = 5
const DEFAULT_LARGE_MIB = 128
const DEFAULT_SECONDS = 300
const LEAST_LARGE_MIB = 64
const LEAST_DYNAMIC_SECONDS = 60

/** What of a destination decides its least and default buffering. */
interface Buffered {
  readonly converts: boolean
  readonly dynamic: boolean
}

/** The roll of a sink that buffers as a destination says, by Firehose's defaults (facts A.5). */
export function rollOf(hints: ExtendedS3Destination['BufferingHints'], { converts, dynamic }: Buffered, at: MemberPath, findings: Findings): object {
  const hintsAt = [...at, 'BufferingHints']
  const { SizeInMBs: size, IntervalInSeconds: seconds } = hints ?? {}
  if (hints !== undefined && (size === undefined) !== (seconds === undefined)) {
    findings.breaksRule(hintsAt, 'SizeInMBs and IntervalInSeconds must be set together')
  }
  const reason = converts ? 'data format conversion' : 'Dynamic Partitioning'
  if ((converts || dynamic) && size !== undefined && size < LEAST_LARGE_MIB) {
    findings.breaksRule([...hintsAt, 'SizeInMBs'], `BufferingHints.SizeInMBs must be at least ${LEAST_LARGE_MIB} when ${reason} is enabled.`)
  }
  if (dynamic && seconds !== undefined && seconds < LEAST_DYNAMIC_SECONDS) {
    findings.breaksRule(
      [...hintsAt, 'IntervalInSeconds'],
      `BufferingHints.IntervalInSeconds must be at least ${LEAST_DYNAMIC_SECONDS} seconds when Dynamic Partitioning is enabled.`,
    )
  }
  return {
    inputSize: `${size ?? (converts || dynamic ? DEFAULT_LARGE_MIB : DEFAULT_MIB)}MiB`,
    age: `${seconds ?? DEFAULT_SECONDS}s`,
  }
}
