/** An engine in memory, a driver for it, and faults: for our tests and for those of whoever builds on WindFlow. */
export * from "./FakeEngine.ts"
export * from "./fakeDriver.ts"
export * from "./fakeStack.ts"
export * from "./faults.ts"
export * from "./counted.ts"
export type { FakeDesired, FakeObserved } from "./fakePlan.ts"
