/** Runs: planning, execution, journal and recovery of deployments on an opened target. */
export * from "./Deployments.ts"
export * from "./makeDeployments.ts"
export * from "./fleet.ts"
