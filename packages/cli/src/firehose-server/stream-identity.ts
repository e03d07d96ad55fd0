/** What the names of delivery streams hold of their server. */
export interface StreamHome {
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
}

/** The ARN of a delivery stream: `arn:aws:firehose:us-east-1:000000000000:deliverystream/telemetry`. */
export function deliveryStreamArn(name: string, { region, accountId }: StreamHome): string {
  return `arn:aws:firehose:${region}:${accountId}:deliverystream/${name}`
}

/** The pipeline of a delivery stream, named after it in the letters that pipelines' names have. Two streams may give one name: each has its own folder. */
export function pipelineName(streamName: string): string {
  const safe = streamName.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-')
  return /^[a-z0-9]/.test(safe) ? safe : `s${safe}`.slice(0, 64)
}

/** The one destination that a delivery stream has. */
export const DESTINATION_ID = 'destinationId-000000000001'
