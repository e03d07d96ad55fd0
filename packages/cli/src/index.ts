export { markHeapLessOften } from './collector.js'
export { STANDARD_COMPONENTS, standardRegistry } from './registry.js'
export * from '@standpipe/core'
