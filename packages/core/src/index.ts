export * from './model/index.js'
export * from './component/index.js'
