/** The compose driver: one Docker engine, Compose's names and labels. Loaded when a target asks for it. */
export * from "./ComposeDriver.ts"
export * from "./Desired.ts"
export * from "./open.ts"
export * from "./support.ts"
