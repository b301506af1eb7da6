/**
 * Compose files → `Stack` → text: load, render, hash, edit. Runs in a browser: files are read through a capability, and
 * `compose-node` is its implementation for Node.
 */
export type { LoadCapability, LoadOptions } from "./Capability.ts"
export { findComposeFiles, type FoundFiles } from "./find.ts"
export { load } from "./load.ts"
export { normalizeProjectName } from "./resolve/projectName.ts"
export { networkHash, serviceHash, volumeHash } from "./render/hash.ts"
export { type Format, render } from "./render/render.ts"
