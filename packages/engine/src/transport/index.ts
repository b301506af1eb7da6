/** One connection a target. Loaded when a target is opened, never at import of the engine's other folders. */
export * from "./demultiplex.ts"
export * from "./DockerApi.ts"
export * from "./dockerConfig.ts"
export * from "./endpoint.ts"
export * from "./imageDigest.ts"
export * from "./EngineHttp.ts"
export * from "./openDocker.ts"
