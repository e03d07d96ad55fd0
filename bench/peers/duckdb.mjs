import { statSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const COMMON = { deviceId: 'VARCHAR', line: 'VARCHAR', plant: 'VARCHAR', ts: 'TIMESTAMP', temperature: 'DOUBLE', pressure: 'DOUBLE' }
const COLUMNS = {
  nested: { ...COMMON, vibration: 'STRUCT(x DOUBLE, y DOUBLE, z DOUBLE)', status: 'VARCHAR', count: 'BIGINT', ok: 'BOOLEAN', tags: 'VARCHAR[]' },
  flat: { ...COMMON, vibX: 'DOUBLE', vibY: 'DOUBLE', vibZ: 'DOUBLE', status: 'VARCHAR', count: 'BIGINT', ok: 'BOOLEAN' },
}

/** DuckDB on one thread or two, from the JSON-lines file to a Parquet file: `open` once, then `run` any number of times. */
export async function openDuckdb(inputName, input, { transformed, threads }) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`SET threads = ${threads}`)
  const columns = Object.entries(COLUMNS[inputName]).map(([name, type]) => `'${name}': '${type}'`)
  const rows = `read_json('${input.path}', format = 'newline_delimited', columns = { ${columns.join(', ')} })`
  const query = transformed ? `SELECT *, temperature * 1.8 + 32.0 AS fahrenheit FROM ${rows} WHERE temperature > 45.0` : `SELECT * FROM ${rows}`
  return {
    async run(folder) {
      const path = `${folder}/out.parquet`
      const result = await connection.runAndReadAll(`COPY (${query}) TO '${path}' (FORMAT parquet, COMPRESSION snappy)`)
      return { rows: Number(result.getRows()[0][0]), bytes: statSync(path).size }
    },
    close: () => connection.closeSync(),
  }
}
