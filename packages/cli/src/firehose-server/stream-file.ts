import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileErrorCode, nodeFileLayer, StandpipeError, type PipelineConfig } from '@standpipe/core'
import type { Definition } from '../firehose/definition-shape.js'
import type { Tag } from './envelope.js'

/** What is kept of a delivery stream. */
export interface StreamDocument {
  readonly format: 1
  readonly name: string
  readonly arn: string
  readonly createdMs: number
  readonly updatedMs?: number
  /** From 1; each update raises it. */
  readonly versionId: number
  /** The input of CreateDeliveryStream, with what updates have changed. */
  readonly definition: Definition
  readonly tags: readonly Tag[]
  /** The pipeline that ran last: what it began, it must finish before another one may go on. */
  readonly applied?: PipelineConfig
  /** It is being deleted. */
  readonly deleting?: { readonly force: boolean }
}

const FILE = 'stream.json'

/** Path of the journal in a stream's folder. */
export function journalPath(folder: string): string {
  return join(folder, 'journal')
}

/** Keeps a document so that a crash leaves the old one or the new one; makes its folder. Resolves when it is durable. */
export async function saveStream(folder: string, document: StreamDocument): Promise<void> {
  const made = await mkdir(folder, { recursive: true })
  const temporary = join(folder, `${FILE}.tmp`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(document, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(folder, FILE))
  await nodeFileLayer.syncDirectory(folder)
  if (made !== undefined) await nodeFileLayer.syncDirectory(dirname(folder))
}

/** The documents below a folder, with the folder of each. Throws LEDGER_CORRUPT or LEDGER_NEWER. */
export async function loadStreams(folder: string): Promise<readonly { readonly folder: string; readonly document: StreamDocument }[]> {
  const names = await readdir(folder)
  const found = await Promise.all(names.sort().map(async (name) => ({ folder: join(folder, name), document: await loadStream(join(folder, name)) })))
  return found.filter((one): one is { folder: string; document: StreamDocument } => one.document !== undefined)
}

/** Undefined where the making of the stream was never answered, or its deletion was all but done. */
async function loadStream(folder: string): Promise<StreamDocument | undefined> {
  const path = join(folder, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw error
    const holdsRecords = (await readdir(folder)).includes('journal')
    if (holdsRecords) throw new StandpipeError(`${path} is missing, beside a journal that may hold records; put it back, or move ${folder} away`, { code: 'LEDGER_CORRUPT', component: 'firehose-server' })
    await rm(folder, { recursive: true })
    return undefined
  }
  let document: StreamDocument
  try {
    document = JSON.parse(text) as StreamDocument
  } catch (cause) {
    throw new StandpipeError(`${path} is damaged; put it back from a copy, or move ${folder} away`, { code: 'LEDGER_CORRUPT', component: 'firehose-server', cause })
  }
  if ((document.format as number) !== 1) throw new StandpipeError(`${path} was written by a newer Standpipe`, { code: 'LEDGER_NEWER', component: 'firehose-server' })
  return document
}

/** Removes a stream with all that belongs to it; the document last, so that a crash under way is seen. */
export async function removeStream(folder: string): Promise<void> {
  const names = await readdir(folder)
  for (const name of names.filter((one) => one !== FILE)) await rm(join(folder, name), { recursive: true })
  await nodeFileLayer.syncDirectory(folder)
  await rm(folder, { recursive: true })
  await nodeFileLayer.syncDirectory(dirname(folder))
}
