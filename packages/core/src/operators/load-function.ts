import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createJiti } from 'jiti'
import { ConfigProblemError } from '../component/index.js'
import { didYouMean } from '../expression/did-you-mean.js'
import { hashModuleFiles } from './module-files.js'

/** A user's function, and what stands for its code. */
export interface LoadedFunction {
  readonly call: (...given: never[]) => unknown
  readonly fingerprint: string
}

/**
 * Loads one export of a TypeScript or JavaScript module; `module` is relative to `directory`. A
 * ConfigProblemError where the file is absent, does not load, or exports no function of that name.
 */
export async function loadFunction(module: string, exportName: string, directory: string): Promise<LoadedFunction> {
  const path = resolve(directory, module)
  if (!existsSync(path)) throw new ConfigProblemError(`there is no file ${module}`, { path: ['module'], hint: 'the path starts at the folder of the pipeline file' })
  const exported = await importModule(path, module)
  const call = exported[exportName]
  if (typeof call === 'function') return { call: call as LoadedFunction['call'], fingerprint: hashModuleFiles(path) }
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === 'function')
  throw new ConfigProblemError(`${module} exports no function \`${exportName}\``, {
    path: ['export'],
    hint: didYouMean(exportName, functions) ?? (functions.length === 0 ? 'it exports no function at all' : `it exports ${functions.join(', ')}`),
  })
}

async function importModule(path: string, module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    // Without its caches: a file that was changed is loaded anew, and nothing is written beside it.
    return await createJiti(import.meta.url, { fsCache: false, moduleCache: false }).import<Record<string, unknown>>(path)
  } catch (error) {
    throw new ConfigProblemError(`${module} does not load: ${error instanceof Error ? error.message : String(error)}`, { path: ['module'] })
  }
}
