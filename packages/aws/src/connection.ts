import { z } from 'zod'

const secret = { secret: true }

const explicitCredentials = z.strictObject({
  accessKeyId: z.string().min(1).describe('Access key; best as `${AWS_ACCESS_KEY_ID}`.').meta(secret),
  secretAccessKey: z.string().min(1).describe('Secret key; best from the environment, never in the file.').meta(secret),
  sessionToken: z.string().min(1).optional().describe('Session token of temporary credentials.').meta(secret),
})

const assumedRole = z.strictObject({
  arn: z.string().startsWith('arn:').describe('ARN of the role.'),
  externalId: z.string().optional().describe('External id that the role asks for.').meta(secret),
  sessionName: z.string().optional().describe('Name of the session, as CloudTrail shows it.'),
})

/**
 * Options that every AWS component has, to be spread into its config: where, and as whom. Without
 * `credentials`, `profile` or `role` the SDK's own chain decides (environment, shared files, SSO, container, instance).
 */
export const awsConnectionConfig = {
  region: z.string().min(1).optional().describe('AWS region; by default from the environment or the profile.'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'expected an address with its scheme, like http://127.0.0.1:9000' })
    .optional()
    .describe('Address of a compatible service, like `http://127.0.0.1:9000`.'),
  credentials: explicitCredentials.optional().describe('Explicit keys; by default the credentials of the environment.'),
  profile: z.string().min(1).optional().describe('Profile of the shared AWS files.'),
  role: z.union([z.string().startsWith('arn:'), assumedRole]).optional().describe('Role to assume, by its ARN, with the other credentials.'),
}

const connection = z.object(awsConnectionConfig)

/** Where an AWS client connects to, and as whom; the output of {@link awsConnectionConfig}. */
export type AwsConnection = z.output<typeof connection>

/** ARN of the role to assume; undefined where none is. */
export function roleArn(options: AwsConnection): string | undefined {
  return typeof options.role === 'string' ? options.role : options.role?.arn
}
