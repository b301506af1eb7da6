/** Ports for what outlives a process: locks and revisions (on the target), journal (local file or database). */
export * from "./Journal.ts"
export * from "./Locks.ts"
export * from "./RecordStore.ts"
export * from "./Revisions.ts"
export * from "./lease.ts"
export * from "./memory.ts"
export { linuxProcesses, type ProcessTable, thisProcess } from "./owner.ts"
export * from "./revisionRecords.ts"
