/** Machines as targets: what they are, and whether they can be deployed to. */
export * from "./facts.ts"
export * from "./stages.ts"
export * from "./bootstrap.ts"
export type { BootstrapOptions } from "./bootstrapPlan.ts"
