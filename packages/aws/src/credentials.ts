import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { AwsConnection } from './connection.js'

/** Credentials as an SDK client takes them; undefined leaves the choice to the SDK's own chain. */
export type ClientCredentials = S3ClientConfig['credentials']

/**
 * Credentials for a client: the explicit keys, else the profile, else the SDK's chain; and where a role is
 * named, that role assumed with them, renewed before it expires. Reads nothing until the first request.
 */
export function resolveCredentials(options: AwsConnection): ClientCredentials {
  const fromProfile = options.profile === undefined ? undefined : fromNodeProviderChain({ profile: options.profile })
  // A copy: the SDK writes into what it is given.
  const own = options.credentials === undefined ? fromProfile : { ...options.credentials }
  if (options.role === undefined) return own
  const role: Exclude<AwsConnection['role'], string | undefined> = typeof options.role === 'string' ? { arn: options.role } : options.role
  return fromTemporaryCredentials({
    masterCredentials: own,
    params: { RoleArn: role.arn, ExternalId: role.externalId, RoleSessionName: role.sessionName ?? 'standpipe' },
    clientConfig: { region: options.region, profile: options.profile },
  })
}
