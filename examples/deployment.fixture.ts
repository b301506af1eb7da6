/** Deploys an example for its test, under a name and a port of its own, and takes it away again, data included. */
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { compose, type Event, type OpenOptions, type Revision, type Stack, WindFlow } from "@windflow/sdk"
import { baseImages, forgetDeployment, type ImageRole, imageRoles } from "@windflow/testcontainers"

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port")),
      )
    })
  })

/** The variables by which the examples' files take other images: the public ones, or those built where none can be pulled. */
export const imageVariables = async (roles: ReadonlyArray<ImageRole>): Promise<Record<string, string>> => {
  const images = await baseImages(roles)
  return Object.fromEntries(
    roles.map((role) => [`${role.toUpperCase()}_IMAGE`, images[role] ?? imageRoles[role].public]),
  )
}

export interface Bed extends AsyncDisposable {
  readonly windflow: WindFlow
  /** A project name nobody else has. */
  readonly project: string
  /** Where this test keeps WindFlow's local files. */
  readonly stateDirectory: string
  /** Brings a stack up and tells what happened. */
  readonly up: (stack: Stack) => Promise<{ readonly revision: Revision; readonly events: ReadonlyArray<Event> }>
}

export const openBed = async (name: string, options: OpenOptions = {}): Promise<Bed> => {
  const project = `example-${name}-${randomUUID().slice(0, 8)}`
  const stateDirectory = await mkdtemp(join(tmpdir(), "windflow-example-"))
  const windflow = await WindFlow.open({ config: false, env: process.env, stateDirectory, ...options })
  return {
    windflow,
    project,
    stateDirectory,
    up: async (stack) => {
      const events: Array<Event> = []
      const revision = await windflow.up(stack, { onEvent: (event) => events.push(event), deadline: 150 })
      return { revision, events }
    },
    [Symbol.asyncDispose]: async () => {
      await windflow.down(project, { volumes: true, stopTimeout: 1 })
      await windflow[Symbol.asyncDispose]()
      await forgetDeployment(project)
      await rm(stateDirectory, { recursive: true, force: true })
    },
  }
}

/** The Compose file of an example, as a user in its folder would load it. */
export const exampleStack = (name: string, project: string, env: Readonly<Record<string, string>>): Promise<Stack> =>
  compose(undefined, { directory: join(import.meta.dirname, name), project, env })

export const operationsIn = (events: ReadonlyArray<Event>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "OperationStarted" ? [event.operation] : []))
