import { ARITHMETIC } from './arithmetic.js'
import { CONVERSION } from './conversion.js'
import { ORDERING } from './ordering.js'
import type { Overload, OverloadTable } from './overload.js'
import { TEXT } from './text.js'
import { TIME } from './time.js'

/** All functions and operators with fixed types; lists, maps, logic and equality are the checker's own. */
export const OVERLOADS: OverloadTable = tableOf([...ARITHMETIC, ...ORDERING, ...TEXT, ...TIME, ...CONVERSION])

export { compilePattern } from './text.js'

function tableOf(entries: readonly (readonly [string, Overload])[]): OverloadTable {
  const table = new Map<string, Overload[]>()
  for (const [name, overload] of entries) {
    const known = table.get(name)
    if (known === undefined) table.set(name, [overload])
    else known.push(overload)
  }
  return table
}
