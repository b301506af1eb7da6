/**
 * Compose files → `Stack` → text: load, render, hash, edit. Runs in a browser: files are read through a capability, and
 * `compose-node` is its implementation for Node.
 */
export type { LoadCapability, LoadOptions } from "./Capability.ts"
export { findComposeFiles, type FoundFiles } from "./find.ts"
export { fromObject, load, type ObjectOptions } from "./load.ts"
export { normalizeProjectName } from "./resolve/projectName.ts"
export { imageOf, imagesOf, referencesOf, withDefaultPlatform, withDigests } from "./images.ts"
export { matchServices } from "./resolve/select.ts"
export { renderVariables } from "./render/variables.ts"
export { loadVariables, renderUnresolved } from "./unresolved.ts"
export type { Variable } from "./text/template.ts"
export { networkHash, serviceHash, volumeHash } from "./render/hash.ts"
export { type Format, render } from "./render/render.ts"
export { type Edit, editCompose, EditRefused } from "./edit/index.ts"
export { DotenvError, parseDotenv } from "./text/dotenv.ts"
export { splitWords } from "./text/words.ts"
