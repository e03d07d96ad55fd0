import { mapAwsError } from '../aws-errors.js'

/** Sends a request; what it throws becomes a StandpipeError of the source `kinesis`, with the action in its message. */
export async function callKinesis<T>(action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw mapAwsError(error, { component: 'kinesis', action, side: 'source' })
  }
}
