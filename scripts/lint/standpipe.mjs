/** Globals that read the clock or wait by themselves. `setImmediate` only lets others have a turn. */
const CLOCK_GLOBALS = new Set(['setTimeout', 'setInterval', 'performance'])
const CLOCK_MODULES = new Set(['timers', 'timers/promises', 'perf_hooks'])
const ASK_THE_CLOCK = 'only core/src/model/clock.ts reads the clock; ask a Clock'

/** Time is a service: whatever waits or dates asks a Clock, so that tests never sleep. */
const clock = rule((context) => ({
  ...imports((node, name) => {
    const onlyYields = node.specifiers?.every(({ imported }) => imported?.name === 'setImmediate') ?? false
    if (CLOCK_MODULES.has(name) && !onlyYields) context.report({ node, message: `imports \`${name}\`: ${ASK_THE_CLOCK}` })
  }),
  'Program:exit'() {
    for (const { name, node, parent } of globalReferences(context)) {
      if (CLOCK_GLOBALS.has(name)) context.report({ node, message: `uses \`${name}\`: ${ASK_THE_CLOCK}` })
      if (name === 'Date' && readsTime(node, parent)) context.report({ node, message: `reads the time from \`Date\`: ${ASK_THE_CLOCK}` })
    }
  },
}))

/** Only the composition root knows that it is a process: a library neither reads its environment nor ends it. */
const noProcess = rule((context) => ({
  ...imports((node, name) => name === 'process' && context.report({ node, message: 'imports `process`: only packages/cli touches the process' })),
  'Program:exit'() {
    for (const { name, node } of globalReferences(context)) {
      if (name === 'process') context.report({ node, message: 'uses `process`: only packages/cli touches the process' })
    }
  },
}))

const plugin = { meta: { name: 'standpipe' }, rules: { clock, 'no-process': noProcess } }
export default plugin

function rule(create) {
  return { meta: { type: 'problem', schema: [] }, create }
}

/** Visitors that call `found(node, name)` for each module that is imported; `name` is without `node:`. */
function imports(found) {
  const visit = (node) => {
    if (typeof node.source?.value === 'string') found(node, node.source.value.replace(/^node:/, ''))
  }
  return { ImportDeclaration: visit, ImportExpression: visit, ExportNamedDeclaration: visit, ExportAllDeclaration: visit }
}

/** Every use of a name that no scope of the file declares; `globalThis.name` counts as `name`. */
function* globalReferences(context) {
  const { scopeManager } = context.sourceCode
  const declaredHere = (reference) => reference.resolved !== null && reference.resolved.defs.length > 0
  for (const scope of scopeManager.scopes) {
    for (const reference of scope.references) {
      if (declaredHere(reference)) continue
      const { identifier } = reference
      const { parent } = identifier
      const isGlobalThis = identifier.name === 'globalThis' && parent.type === 'MemberExpression' && parent.object === identifier
      if (isGlobalThis && !parent.computed) yield { name: parent.property.name, node: parent, parent: parent.parent }
      else if (!isTypePosition(parent)) yield { name: identifier.name, node: identifier, parent }
    }
  }
}

function isTypePosition(parent) {
  return parent.type.startsWith('TS') && !['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(parent.type)
}

/** `Date()`, `new Date()` and `Date.now`; a `new Date(number)` only formats. */
function readsTime(node, parent) {
  if (parent.type === 'CallExpression') return parent.callee === node
  if (parent.type === 'NewExpression') return parent.callee === node && parent.arguments.length === 0
  return parent.type === 'MemberExpression' && parent.object === node && parent.property.name === 'now'
}
