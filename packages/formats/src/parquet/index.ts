export { parquetFormat } from './format.js'
