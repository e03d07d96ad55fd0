import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of these examples. */
export const here = dirname(fileURLToPath(import.meta.url))

/** Real inputs with their truth. They lie beside the checkout and are not part of it; STANDPIPE_DATA names another place. */
export const data = process.env.STANDPIPE_DATA ?? join(here, '../../../shared/data')

/** Whether the data sets are there; says so where they are not. */
export const present = existsSync(join(data, 'README.md'))

if (!present) console.log(`real data: skipped, there is no ${data}; set STANDPIPE_DATA to the folder of the data sets`)
