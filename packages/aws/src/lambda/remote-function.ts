import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { InvocationError, type FunctionCaller, type InvocationCode } from '@standpipe/core'
import { awsErrorName, mapAwsError } from '../aws-errors.js'
import { clientSettings, type ClientOptions } from '../client-settings.js'

const BY_NAME: Readonly<Record<string, InvocationCode>> = {
  TooManyRequestsException: 'Lambda.InvokeLimitExceeded',
  ResourceNotFoundException: 'Lambda.ResourceNotFound',
  AccessDeniedException: 'Lambda.InvokeAccessDenied',
}

/** Calls a function of AWS Lambda, or of a compatible endpoint. */
export class RemoteFunctionCaller implements FunctionCaller {
  private readonly client: LambdaClient

  constructor(
    private readonly functionName: string,
    options: ClientOptions,
  ) {
    this.client = new LambdaClient(clientSettings(options, (profile) => new LambdaClient({ profile })))
  }

  async invoke(event: string, signal: AbortSignal): Promise<string> {
    const { FunctionError: failed, Payload: payload } = await this.send(event, signal)
    const text = payload === undefined ? '' : Buffer.from(payload).toString()
    if (failed === undefined) return text
    const { errorType, errorMessage } = parseFailure(text)
    const timedOut = errorType === 'Sandbox.Timedout'
    throw new InvocationError(timedOut ? 'Lambda.FunctionTimedOut' : 'Lambda.FunctionError', errorMessage ?? errorType ?? failed, 'function')
  }

  close(): void {
    this.client.destroy()
  }

  private async send(event: string, signal: AbortSignal): Promise<{ readonly FunctionError?: string; readonly Payload?: Uint8Array }> {
    try {
      return await this.client.send(new InvokeCommand({ FunctionName: this.functionName, Payload: Buffer.from(event) }), { abortSignal: signal })
    } catch (error) {
      const mapped = mapAwsError(error, { component: 'lambda', action: `invoke \`${this.functionName}\`` })
      const code = BY_NAME[awsErrorName(error)] ?? (mapped.code === 'TIMEOUT' ? 'Lambda.FunctionTimedOut' : mapped.code === 'SINK_ACCESS_DENIED' ? 'Lambda.InvokeAccessDenied' : 'Lambda.InvokeFailed')
      throw new InvocationError(code, mapped.message, mapped.retryable ? 'unreachable' : 'refused', mapped)
    }
  }
}

function parseFailure(text: string): { readonly errorType?: string; readonly errorMessage?: string } {
  try {
    const given = JSON.parse(text) as unknown
    if (typeof given !== 'object' || given === null) return {}
    const { errorType, errorMessage } = given as { readonly errorType?: unknown; readonly errorMessage?: unknown }
    return {
      ...(typeof errorType === 'string' ? { errorType } : {}),
      ...(typeof errorMessage === 'string' ? { errorMessage } : {}),
    }
  } catch {
    return {}
  }
}
