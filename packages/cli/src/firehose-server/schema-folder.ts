import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileErrorCode } from '@standpipe/core'
import { parse, YAMLError } from 'yaml'
import type { Definition } from '../firehose/definition-shape.js'
import { invalidArgument } from './refusals.js'

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}$/

/**
 * The schema of the Glue table that a definition names, from `DATABASE.TABLE.yaml` in a folder: the fields, or a whole `schema:`
 * section as `standpipe infer` prints it. Undefined where nothing is converted. Throws InvalidArgumentException.
 */
export async function schemaOf({ ExtendedS3DestinationConfiguration: destination }: Definition, folder: string): Promise<Record<string, unknown> | undefined> {
  const conversion = destination?.DataFormatConversionConfiguration
  if (conversion === undefined || conversion.Enabled === false) return undefined
  const { DatabaseName: database, TableName: table } = conversion.SchemaConfiguration ?? {}
  const at = 'ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration.SchemaConfiguration'
  if (database === undefined || table === undefined) throw invalidArgument(`${at}: DatabaseName and TableName must be given when data format conversion is enabled`)
  for (const name of [database, table]) if (!NAME.test(name)) throw invalidArgument(`${at}: ${name.slice(0, 64)} is no name of a database or table`)
  const file = `${database}.${table}.yaml`
  let text: string
  try {
    text = await readFile(join(folder, file), 'utf8')
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw error
    throw invalidArgument(
      `${at}: EntityNotFoundException: there is no Glue catalog here, and no file ${file} in the server's folder of schemas (--schemas); \`standpipe infer SAMPLE > ${file}\` writes one`,
    )
  }
  return fieldsOf(text, `${at}: ${file}`)
}

function fieldsOf(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error
    throw invalidArgument(`${what}: ${error.message.split('\n')[0]}`)
  }
  if (!isMapping(value)) throw invalidArgument(`${what} holds no fields`)
  const isSection = Object.keys(value).join() === 'schema' && isMapping(value.schema)
  return isSection ? (value.schema as Record<string, unknown>) : value
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
