/** The seed of the operator framework: the contract, the work queue, following sources. `docs/designs/controller.md` tells why. */
export { type Outcome, type Reconcile, TerminalError } from "./contract.ts"
export { follow } from "./follow.ts"
export { makeWorkQueue, type WorkQueue, type WorkQueueOptions } from "./workQueue.ts"
export { durationFrom } from "./duration.ts"
