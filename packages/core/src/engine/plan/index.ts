export {
  definePipeline,
  planPipeline,
  planPipelines,
  type PlanOptions,
  type PlannedPipeline,
  type PlannedPipelines,
} from './plan-pipelines.js'
export { describeBounds, type Bound } from './bounds.js'
