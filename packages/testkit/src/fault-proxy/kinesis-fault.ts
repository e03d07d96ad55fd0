import type { Fault, SeenRequest } from './fault-proxy.js'

/** The operation of a Kinesis request: `GetRecords`; empty for what is none. */
export function kinesisOperation({ headers }: Pick<SeenRequest, 'headers'>): string {
  const target = headers['x-amz-target']
  return typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : ''
}

/** An error as Kinesis answers it: 400 for what the client can do something about, else 500. */
export function kinesisError(name: string, status = name === 'InternalFailureException' ? 500 : 400): Fault {
  return { kind: 'answer', status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ __type: name, message: 'planted' }) }
}
