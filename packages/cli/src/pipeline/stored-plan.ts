import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planPipelines, readLedger, StandpipeError, type Plan } from '@standpipe/core'
import type { CommandContext } from '../command.js'

/** What is left to do with the configuration that a ledger holds. */
export type StoredPlan =
  /** There is no ledger, the file has not changed, or nothing is left to finish. */
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'plan'; readonly plan: Plan }

/**
 * Plans the configuration that a pipeline's ledger holds, to finish with it what the file's could not. Throws
 * CONFIG_CHANGED where that cannot be had any more: files or code that it names have changed too.
 */
export async function planStored(plan: Plan, { registry, environment }: CommandContext): Promise<StoredPlan> {
  const document = await readLedger(plan)
  if (document === undefined) return { kind: 'nothing', why: 'it has no ledger, so nothing is to be finished' }
  if (document.fingerprint === plan.fingerprint) return { kind: 'nothing', why: 'the file agrees with the stored configuration; run it as it is' }
  const ahead = Object.values(document.shards).some((shard) => Object.keys(shard.ahead).length > 0)
  const keepsState = document.aligned?.state !== undefined
  if (!ahead && !keepsState && document.staged.length === 0) return { kind: 'nothing', why: 'nothing is left to finish; the new configuration can be run now' }
  const { plans, problems } = await planPipelines(
    // JSON is YAML; `${…}` is filled in anew, since secrets are not stored.
    { path: join(plan.directory, `stored configuration of ${plan.name}`), text: document.configuration },
    registry,
    { variables: environment, readFile: (path) => readFile(path, 'utf8') },
  )
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path}: ${message}`)
  const changed = (why: string): StandpipeError => new StandpipeError(`the stored configuration of \`${plan.name}\` cannot be run any more: ${why}`, { code: 'CONFIG_CHANGED' })
  if (plans.length === 0) throw changed(errors.join('; ') || 'it holds no pipeline')
  const [stored] = plans
  if (stored.fingerprint !== document.fingerprint) throw changed('files or code that it names have changed too; put them back, or reset the pipeline')
  return { kind: 'plan', plan: { ...stored, stateDirectory: plan.stateDirectory } }
}
