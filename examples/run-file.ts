import { readFile } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { planPipelines, runPipeline, standardRegistry, type PipelineRun } from 'standpipe'

/** Runs the pipelines of a file to their end, as `standpipe run` does. Rejects where one cannot run. */
export async function runFile(path: string, variables: Readonly<Record<string, string>> = {}): Promise<readonly PipelineRun[]> {
  const text = await readFile(path, 'utf8')
  const { plans, problems } = await planPipelines({ path, text }, standardRegistry(), { variables, readFile: (file) => readFile(file, 'utf8') })
  const errors = problems.filter((problem) => problem.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`).join('\n'))
  const runs = plans.map((plan) => runPipeline(plan))
  await Promise.all(runs.map((run) => run.done))
  return runs
}

/** Rows of a query, by DuckDB: a second implementation reads what we wrote. */
export async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}
