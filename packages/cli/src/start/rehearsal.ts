/**
 * One deployment and one that changes nothing, of a small stack that uses what most stacks use, on an engine in memory: whatever
 * runs here is compiled when a later process needs it. Reads and writes nothing but a folder that was made for it.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { composeDriver } from "@windflow/engine/driver/compose"
import { openDriver } from "@windflow/engine/driver"
import { makeDockerApi } from "@windflow/engine/transport"
import { type DriverFactory, WindFlow } from "@windflow/sdk"
import { Effect } from "effect"
import type { Host } from "../host.ts"
import { main } from "../main.ts"
import { rehearsalEngine } from "./rehearsalEngine.ts"

const stack = `
name: rehearsal
services:
  web:
    image: example/web:1
    command: ["serve", "--port", "80"]
    ports: ["127.0.0.1:8080:80"]
    environment:
      LEVEL: "\${LEVEL:-info}"
      NUMBER: 1
    depends_on: [db]
    restart: unless-stopped
  db:
    image: example/db
    environment: ["MODE=a"]
    labels: { tier: back }
    volumes: ["data:/data"]
    healthcheck: { test: [CMD, probe], interval: 5s }
    networks: [back, default]
networks: { back: {} }
volumes: { data: {} }
`

const driverOver = (http: ReturnType<typeof rehearsalEngine>): DriverFactory => ({
  name: "compose",
  open: (_target, { secrets }) =>
    Effect.map(makeDockerApi(http), (api) => openDriver(composeDriver({ api, secrets, config: {}, localFiles: true }))),
})

/**
 * While `body` runs, random identifiers are not: Node draws them from a store that it fills ahead, and a store in the snapshot
 * would give every process the same ones.
 */
const withoutChance = async (body: () => Promise<void>): Promise<void> => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto")
  if (own === undefined) throw new TypeError("there is no global crypto")
  const fixed = { randomUUID: () => "00000000-0000-4000-8000-000000000000" }
  Object.defineProperty(globalThis, "crypto", { configurable: true, value: fixed })
  try {
    await body()
  } finally {
    Object.defineProperty(globalThis, "crypto", own)
  }
}

/** Fails when a command of it does. */
export const rehearse = (directory: string): Promise<void> => withoutChance(() => perform(directory))

const perform = async (directory: string): Promise<void> => {
  writeFileSync(join(directory, "compose.yaml"), stack)
  const http = rehearsalEngine()
  const said: Array<string> = []
  const screen = { write: (text: string | Uint8Array) => said.push(String(text)) }
  const host: Host = {
    env: {},
    cwd: directory,
    pid: 1,
    stdout: screen,
    stderr: screen,
    stdin: (async function* () {})(),
    onSignal: () => () => {},
    onResize: () => () => {},
    open: (options) =>
      WindFlow.open({ ...options, stateDirectory: join(directory, "state"), drivers: [driverOver(http)] }),
  }
  for (const words of [["config", "-q"], ["up", "-d"], ["up", "-d"], ["plan"], ["ps"]]) {
    const code = await main(words, host)
    if (code !== 0) throw new Error(`the rehearsal of ${words.join(" ")} ended with ${code}: ${said.join("")}`)
  }
}
