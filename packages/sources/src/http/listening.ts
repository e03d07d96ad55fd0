import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { StandpipeError, type BindContext } from '@standpipe/core'
import { z } from 'zod'

/** Option `tls` of sources that listen. */
export const tlsConfig = z
  .strictObject({ cert: z.string().min(1).describe('Certificate chain, a PEM file.'), key: z.string().min(1).describe('Private key, a PEM file.') })
  .optional()
  .describe('Serves HTTPS with these files, relative to the folder of the pipeline file.')

/** Reads the files of option `tls`. Throws SOURCE_UNREADABLE. */
export async function readTls(
  tls: z.output<typeof tlsConfig>,
  { directory }: BindContext,
  component: string,
): Promise<{ readonly cert: Buffer; readonly key: Buffer } | undefined> {
  const read = async (path: string): Promise<Buffer> => {
    const full = resolve(directory, path)
    try {
      return await readFile(full)
    } catch (cause) {
      throw new StandpipeError(`cannot read ${full} (tls)`, { code: 'SOURCE_UNREADABLE', component, cause })
    }
  }
  return tls === undefined ? undefined : { cert: await read(tls.cert), key: await read(tls.key) }
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
