import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, expect, it } from "vitest"
import { docker } from "./docker.ts"
import { baseImages } from "./images.ts"
import { session } from "./reaper.ts"

const mark = `windflow.reaper-test=${randomUUID()}`
const [key, value] = mark.split("=") as [string, string]
const others: Array<string> = []

const marked = async (): Promise<number> => {
  const engine = await docker()
  const filters = { label: [mark] }
  const containers = await engine.listContainers({ all: true, filters })
  const networks = await engine.listNetworks({ filters })
  const { Volumes } = await engine.listVolumes({ filters })
  return containers.length + networks.length + (Volumes ?? []).length
}

afterAll(async () => {
  const engine = await docker()
  for (const id of others)
    await engine
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch(() => {}) // gone already: as it should be
})

it("removes what a killed process left: container, network and volume", async (context) => {
  await session()
  const image =
    process.env["RYUK_CONTAINER_IMAGE"] ?? context.skip("the reaper here is the public one, or there is none")
  const engine = await docker()
  const { busybox } = await baseImages(["busybox"])

  // A reaper of its own: the session's is shared by every test process of this machine.
  const reaper = await engine.createContainer({
    Image: image,
    Env: ["RYUK_RECONNECTION_TIMEOUT=1s"],
    Labels: { [key]: `${value}-reaper`, TESTCONTAINERS_RYUK_TEST_LABEL: "true" }, // the label by which others leave it alone
    HostConfig: { Binds: ["/var/run/docker.sock:/var/run/docker.sock"], PublishAllPorts: true, AutoRemove: true },
    ExposedPorts: { "8080/tcp": {} },
  })
  others.push(reaper.id)
  await reaper.start()
  const port = (await reaper.inspect()).NetworkSettings.Ports["8080/tcp"]?.[0]?.HostPort

  // The child only keeps a connection open: what it would have made is made here, under the filter it named.
  const script = `
    const [port, mark] = process.argv.slice(1)
    const connect = () => {
      const socket = require("node:net").connect(port, "127.0.0.1", () => socket.write("label=" + mark + "\\n"))
      socket.once("data", (data) => console.log(String(data).trim()))
      socket.once("error", () => setTimeout(connect, 50))
      socket.once("close", () => setTimeout(connect, 50))
    }
    connect()`
  const child = spawn(process.execPath, ["-e", script, String(port), mark], { stdio: ["ignore", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })
  const [acknowledged] = await once(lines, "line", { signal: AbortSignal.timeout(30_000) })
  expect(acknowledged).toBe("ACK")

  const Labels = { [key]: value }
  const network = await engine.createNetwork({ Name: value, Labels })
  await engine.createVolume({ Name: value, Labels })
  const left = await engine.createContainer({
    Image: busybox,
    Cmd: ["sleep", "600"],
    Labels,
    HostConfig: { NetworkMode: network.id, Binds: [`${value}:/data`] },
  })
  await left.start()
  expect(await marked()).toBe(3)

  child.kill("SIGKILL")
  const deadline = Date.now() + 60_000
  while ((await marked()) > 0 && Date.now() < deadline) await pause(100)
  expect(await marked()).toBe(0)
})

it("runs for the session whose labels it gives out", async (context) => {
  const { labels } = await session()
  context.skip(process.env["TESTCONTAINERS_RYUK_DISABLED"] === "true", "no reaper can run here")
  const engine = await docker()
  const wanted = Object.entries(labels).map(([name, is]) => `${name}=${is}`)
  const reapers = await engine.listContainers({ filters: { label: [...wanted, "org.testcontainers.ryuk=true"] } })
  expect(reapers).toHaveLength(1)
})
