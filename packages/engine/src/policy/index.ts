/** Verdicts with remedies, as pure functions of values. */
export * from "./preflight.ts"
