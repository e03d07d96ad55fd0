import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileErrorCode, StandpipeError } from '@standpipe/core'

/** A key that requests may be signed with. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The keys in a file like `~/.aws/credentials`: those of all its profiles. Throws CONFIG_INVALID; never with what is in the file. */
export async function readKeys(path: string): Promise<readonly AccessKey[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new StandpipeError(`the keys cannot be read from ${path}: ${fileErrorCode(cause) ?? 'unreadable'}`, { code: 'CONFIG_INVALID', component: 'firehose-server', cause })
  }
  const keys = parseProfiles(text)
  if (keys.length === 0) {
    throw new StandpipeError(`${path} holds no keys; expected a file like ~/.aws/credentials, with aws_access_key_id and aws_secret_access_key`, { code: 'CONFIG_INVALID', component: 'firehose-server' })
  }
  return keys
}

/** The keys of a file, which is made with a new one where it is not there; only its owner can read it. */
export async function readOrMakeKeys(path: string): Promise<{ readonly keys: readonly AccessKey[]; readonly isNew: boolean }> {
  const id = `STANDPIPE${randomBytes(8).toString('hex').slice(0, 11).toUpperCase()}`
  const text = `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${randomBytes(30).toString('base64url')}\n`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return { keys: await readKeys(path), isNew: true }
  } catch (error) {
    if (fileErrorCode(error) !== 'EEXIST') throw error
    return { keys: await readKeys(path), isNew: false }
  }
}

function parseProfiles(text: string): readonly AccessKey[] {
  const keys: AccessKey[] = []
  let profile: { aws_access_key_id?: string; aws_secret_access_key?: string } = {}
  const take = (): void => {
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = profile
    if (accessKeyId !== undefined && secretAccessKey !== undefined) keys.push({ accessKeyId, secretAccessKey })
    profile = {}
  }
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) take()
    const [, name, value] = /^\s*(aws_access_key_id|aws_secret_access_key)\s*=\s*(\S+)\s*$/.exec(line) ?? []
    if (name !== undefined) profile[name as keyof typeof profile] = value
  }
  take()
  return keys
}
