import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { baseImages } from "../images.ts"
import { orSkip } from "../availability.ts"
import { call } from "./api.ts"
import { startCluster, type Cluster, type StartedCluster } from "./cluster.ts"

const pods = "/api/v1/namespaces/default/pods"

const stopped = async (started: StartedCluster): Promise<void> => {
  if (!("unavailable" in started)) await started.stop()
}

/** Asks until the answer satisfies, or fails with the last answer. */
const until = async (cluster: Cluster, path: string, satisfied: (text: string) => boolean): Promise<void> => {
  const deadline = Date.now() + 90_000
  let last = ""
  while (Date.now() < deadline) {
    const { body } = await call(cluster.access, "GET", path)
    last = typeof body === "string" ? body : JSON.stringify(body)
    if (satisfied(last)) return
    await pause(200)
  }
  throw new Error(`GET ${path} did not come to what was waited for; last: ${last.slice(0, 2000)}`)
}

describe("a cluster", () => {
  let started: StartedCluster = { unavailable: "the cluster was not started" }
  beforeAll(async () => {
    started = await startCluster()
  })
  afterAll(() => stopped(started))

  it("is Ready and runs a pod from an image of the engine", async (context) => {
    const cluster = orSkip(started, context)
    const { busybox } = await baseImages(["busybox"])
    await cluster.loadImage(busybox)
    await until(cluster, "/api/v1/nodes", (text) => text.includes('"type":"Ready"'))

    const container = {
      name: "c",
      image: busybox,
      imagePullPolicy: "Never",
      command: ["sh", "-c", "echo hello from a pod; sleep 3600"],
    }
    const body = { metadata: { name: "hello" }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } }
    expect(await call(cluster.access, "POST", pods, body)).toMatchObject({ status: 201 })
    await until(cluster, `${pods}/hello`, (text) => text.includes('"phase":"Running"'))
    await until(cluster, `${pods}/hello/log`, (text) => text.includes("hello from a pod"))
  })
})

describe("a control plane alone", () => {
  let started: StartedCluster = { unavailable: "the cluster was not started" }
  beforeAll(async () => {
    started = await startCluster({ controlPlaneOnly: true })
  })
  afterAll(() => stopped(started))

  it("takes objects and its controllers act on them", async (context) => {
    const cluster = orSkip(started, context)
    const deployments = "/apis/apps/v1/namespaces/default/deployments"
    const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "x" }] } }
    const spec = { replicas: 2, selector: { matchLabels: { app: "x" } }, template }
    expect(await call(cluster.access, "POST", deployments, { metadata: { name: "x" }, spec })).toMatchObject({
      status: 201,
    })
    await until(cluster, `${pods}?labelSelector=app%3Dx`, (text) => text.split('"kind":"ReplicaSet"').length === 3)
  })
})
