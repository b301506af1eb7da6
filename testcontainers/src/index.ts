// Engines, images and clusters for tests: found, started, or built where nothing can be pulled.
export { composeReference, composeReferenceVersion } from "./compose-reference.ts"
export { docker, isMissing } from "./docker.ts"
export { ensureEngine, findEngine, NoEngine, type Engine } from "./engine.ts"
export { type Built } from "./go.ts"
export { imageRoles, type ImageRole } from "./image-roles.ts"
export { imageSource, type ImageSource } from "./image-source.ts"
export { baseImages } from "./images.ts"
export { session, type Session } from "./reaper.ts"
