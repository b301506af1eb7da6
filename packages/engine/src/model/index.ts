/** The vocabulary of the engine: schemas and plain types. No I/O. */
export * from "./Deployment.ts"
export * from "./errors/index.ts"
export * from "./Event.ts"
export * from "./Place.ts"
export * from "./Stack.ts"
export * from "./StackModel.ts"
export * from "./Target.ts"
export * from "./TargetReport.ts"
