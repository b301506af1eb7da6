/** Hosts over SSH. Loaded when a target with such a URL is opened. */
export * from "./knownHosts.ts"
export { openSsh } from "./openSsh.ts"
export { openSystemSsh } from "./openSystemSsh.ts"
export { shellText } from "./quote.ts"
export * from "./settings.ts"
export * from "./sources.ts"
export type { ConnectionFacts, RunOptions, RunResult, SshHost } from "./SshHost.ts"
