export * from './model/index.js'
export * from './component/index.js'
export * from './engine/index.js'
