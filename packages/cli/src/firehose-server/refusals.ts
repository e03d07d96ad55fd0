import { AwsRefusal } from '@standpipe/sources'
import { memberPathText, type Refusal } from '../firehose/refusal.js'

/** `InvalidArgumentException`: members that the API takes each, but not so; the message names the first of them. */
export function invalidArgument(message: string): AwsRefusal {
  return new AwsRefusal('InvalidArgumentException', message)
}

/** `ValidationException`, in the form that clients know; `failures` are paths and broken constraints. */
export function validationFailed(failures: readonly (readonly [path: string, constraint: string])[]): AwsRefusal {
  const { length } = failures
  const told = failures.map(([path, constraint]) => `Value at '${path}' failed to satisfy constraint: ${constraint}`)
  return new AwsRefusal('ValidationException', `${length} validation error${length === 1 ? '' : 's'} detected: ${told.join('; ')}`)
}

/** What is answered to a definition that cannot be run: what is wrong with its shape first, as AWS does, else what cannot be done. */
export function refusalOf(refusals: readonly Refusal[]): AwsRefusal {
  const shape = refusals.filter(({ kind }) => kind === 'shape')
  if (shape.length > 0) return validationFailed(shape.map(({ path, message }) => [wirePath(path), message]))
  return invalidArgument(refusals.map(({ path, message }) => `${memberPathText(path)}: ${message}`).join('; '))
}

/** A path as it stands in messages of constraints: `extendedS3DestinationConfiguration.processingConfiguration.processors.1.member.type`. */
function wirePath(path: Refusal['path']): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : step.charAt(0).toLowerCase() + step.slice(1))).join('.')
}
