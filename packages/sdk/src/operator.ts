/**
 * Controllers of your own: sources give keys, `reconcile` looks and acts, `runOperator` keeps both going. The contract (keys, retries,
 * what each answer means) stands at the head of the engine's `controller/contract.ts`. Prints nothing; runs until it is aborted.
 */
export { TerminalError } from "@windflow/engine/controller"
export {
  type Controller,
  type ControllerDefinition,
  defineController,
  type ReconcileContext,
  type ReconcileLog,
  type Result,
  type Watch,
} from "./defineController.ts"
export { type OperatorLogEntry, type OperatorOptions, operate, runOperator } from "./runOperator.ts"
export { type ContainerKey, type DockerFilter, type Source, source, type TickKey } from "./sources.ts"
