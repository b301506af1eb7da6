/** Machines as targets: what they are, and whether they can be deployed to. */
export * from "./facts.ts"
export * from "./stages.ts"
