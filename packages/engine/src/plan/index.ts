/** Plans and operations: what will be done, as data. Pure; each driver has its own planner, this is what they share. */
export * from "./Compensation.ts"
export * from "./digest.ts"
export * from "./Operation.ts"
export * from "./Plan.ts"
export { frenchPhrase } from "./phrases.ts"
export * from "./render.ts"
export * from "./seal.ts"
