// Testcontainers' connection to the engine, opened once a process and pointed at the engine that we found.
import type { ContainerRuntimeClient } from "testcontainers"
import { ensureEngine } from "./engine.ts"

export type Docker = ContainerRuntimeClient["container"]["dockerode"]

/** Progress of what takes long; on stderr, so that results keep stdout. */
export const say = (line: string): void => void process.stderr.write(`==> ${line}\n`)

let client: Promise<ContainerRuntimeClient> | undefined

const open = async (): Promise<ContainerRuntimeClient> => {
  const engine = await ensureEngine(say)
  // Testcontainers knows DOCKER_HOST and sockets, not Docker contexts: what we found is told by the variable.
  if (engine.foundBy !== "socket") process.env["DOCKER_HOST"] = engine.host
  const { getContainerRuntimeClient } = await import("testcontainers")
  return getContainerRuntimeClient()
}

export const runtimeClient = (): Promise<ContainerRuntimeClient> => (client ??= open())

export const docker = async (): Promise<Docker> => (await runtimeClient()).container.dockerode

/** Whether an error is the engine's answer "no such object". */
export const isMissing = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "statusCode" in error && error.statusCode === 404
