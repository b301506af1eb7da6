// A real single-node Kubernetes in one container: k3s where it can be pulled, else the node built here.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { StartedTestContainer } from "testcontainers"
import type { Unavailable } from "../availability.ts"
import { runtimeClient } from "../docker.ts"
import { imageSource } from "../image-source.ts"
import { exportImage } from "../images.ts"
import { prepareReaper } from "../reaper.ts"
import { accessOf, call, type Access } from "./api.ts"
import { dnsObjects } from "./dns.ts"
import { dnsImage, kubernetesVersion, nodeImage } from "./node-image.ts"

export interface ClusterOptions {
  /** The API and its controllers without a node: starts faster, runs no pod. */
  readonly controlPlaneOnly?: boolean
  /** Service names resolve in pods. */
  readonly dns?: boolean
  /** Node ports to publish on the host. */
  readonly ports?: ReadonlyArray<number>
}

export interface Cluster {
  readonly version: string
  /** For the administrator, reachable from this process. */
  readonly kubeconfig: string
  readonly access: Access
  /** Gives the node an image of the engine. */
  readonly loadImage: (image: string) => Promise<void>
  /** Where a published node port answers. */
  readonly address: (port: number) => string
  readonly stop: () => Promise<void>
}

/** A cluster, or why this machine cannot have one. */
export type StartedCluster = Cluster | Unavailable

const startup = 180_000

const clusterOf = (
  container: StartedTestContainer,
  kubeconfig: string,
  importCommand: (file: string) => ReadonlyArray<string>,
): Cluster => ({
  version: kubernetesVersion,
  kubeconfig,
  access: accessOf(kubeconfig),
  loadImage: async (image) => {
    const folder = await mkdtemp(join(tmpdir(), "windflow-load-"))
    try {
      await exportImage(image, join(folder, "image.tar"))
      await container.copyFilesToContainer([{ source: join(folder, "image.tar"), target: "/var/tmp/image.tar" }])
      const { exitCode, output } = await container.exec([...importCommand("/var/tmp/image.tar")])
      await container.exec(["rm", "-f", "/var/tmp/image.tar"])
      if (exitCode !== 0) throw new Error(`the node did not take ${image}: ${output.trim()}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
  address: (port) => `${container.getHost()}:${container.getMappedPort(port)}`,
  stop: async () => void (await container.stop({ timeout: 0, remove: true, removeVolumes: true })),
})

const startPublic = async ({ ports = [] }: ClusterOptions): Promise<Cluster> => {
  const { K3sContainer } = await import("@testcontainers/k3s")
  const started = await new K3sContainer(`rancher/k3s:v${kubernetesVersion}-k3s1`).withExposedPorts(...ports).start()
  return clusterOf(started, started.getKubeConfig(), (file) => ["ctr", "-n", "k8s.io", "images", "import", file])
}

const startLocal = async ({ controlPlaneOnly = false, ports = [] }: ClusterOptions): Promise<StartedCluster> => {
  const node = await nodeImage()
  if ("unavailable" in node) return node
  const { GenericContainer, Wait } = await import("testcontainers")
  const host = (await runtimeClient()).info.containerRuntime.host
  const container = new GenericContainer(node.image)
    .withExposedPorts(6443, ...ports)
    .withEnvironment({ SERVER_NAME: host, ...(controlPlaneOnly ? { PARTS: "control" } : {}) })
    .withWaitStrategy(Wait.forLogMessage("cluster ready"))
    .withStartupTimeout(startup)
  const started = await (controlPlaneOnly ? container : container.withPrivilegedMode()).start()
  const { output } = await started.exec(["cat", "/var/lib/cluster/kubeconfig/admin"])
  const kubeconfig = output.replace("127.0.0.1:6443", `${started.getHost()}:${started.getMappedPort(6443)}`)
  const client = ["ctr", "-a", "/run/cluster/containerd.sock", "-n", "k8s.io"]
  return clusterOf(started, kubeconfig, (file) => [...client, "images", "import", file])
}

const addDns = async (cluster: Cluster): Promise<Unavailable | undefined> => {
  const built = await dnsImage()
  if ("unavailable" in built) return built
  await cluster.loadImage(built.image)
  for (const { path, body } of dnsObjects(built.image)) {
    const { status, body: said } = await call(cluster.access, "POST", path, body)
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(said)}`)
  }
  const deadline = Date.now() + startup
  const path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
  const ready = async () => JSON.stringify((await call(cluster.access, "GET", path)).body).includes('"readyReplicas":1')
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error("CoreDNS did not become ready within 180 s")
    await pause(200)
  }
  return undefined
}

/** Starts a cluster; its container carries the session's label, so the reaper removes it when this process dies. */
export const startCluster = async (options: ClusterOptions = {}): Promise<StartedCluster> => {
  await prepareReaper()
  if ((await imageSource()) === "public") return startPublic(options) // k3s brings its DNS along
  const cluster = await startLocal(options)
  if ("unavailable" in cluster || options.dns !== true || options.controlPlaneOnly === true) return cluster
  const problem = await addDns(cluster)
  if (problem === undefined) return cluster
  await cluster.stop()
  return problem
}
