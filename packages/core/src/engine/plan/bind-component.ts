import { ConfigProblemError, type BindContext } from '../../component/index.js'
import type { ConfigPath, ProblemLog } from '../../config/index.js'
import { StandpipeError } from '../../model/index.js'
import type { SharedPlaces } from './plan-checks.js'

/** The part of a pipeline's plan that everything bound in it shares. */
export interface BindPlace {
  readonly pipeline: string
  readonly directory: string
  readonly log: ProblemLog
  /** A pipeline without a schema: fields are unknown in it, and what is refused there gets a hint. */
  readonly raw: boolean
  /** Where sinks write, over all pipelines of the file. */
  readonly places: SharedPlaces
}

/** What a component at a path is told. */
export function bindContext({ pipeline, directory, log }: BindPlace, path: ConfigPath): BindContext {
  return { pipeline, directory, warn: (message, inner = []) => log.warn([...path, ...inner], message) }
}

/** Binds a component; what it finds wrong becomes a problem at its place, and the result undefined. */
export async function bindAt<T>(place: BindPlace, path: ConfigPath, bind: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await bind()
  } catch (error) {
    reportBindError(error, place, path)
    return undefined
  }
}

/** Ends a bind whose problem is in the log already. */
export class AlreadyReported extends Error {
  override readonly name = 'AlreadyReported'
}

function reportBindError(error: unknown, { log, raw }: BindPlace, path: ConfigPath): void {
  if (error instanceof AlreadyReported) return
  if (error instanceof ConfigProblemError) {
    const hint =
      error.hint ??
      (raw ? 'this pipeline has no `schema:`, so its records have no fields; `standpipe infer` writes one' : undefined)
    log.error([...path, ...error.path], error.message, { offset: error.offset, ...(hint === undefined ? {} : { hint }) })
    return
  }
  const hint = error instanceof StandpipeError ? error.hint : undefined
  log.error(path, error instanceof Error ? error.message : String(error), { at: 'key', ...(hint === undefined ? {} : { hint }) })
}
