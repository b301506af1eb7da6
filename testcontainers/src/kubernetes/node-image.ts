// The image of a Kubernetes node, built from Go modules and Debian packages where k3s cannot be pulled.
import { copyFile, cp } from "node:fs/promises"
import { join } from "node:path"
import type { Unavailable } from "../availability.ts"
import { binaryKey, buildGo } from "../go.ts"
import { contentKey } from "../cache.ts"
import { baseImages, ensureBuilt, exportImage } from "../images.ts"

export const kubernetesVersion = "1.32.2"

const folderOf = (part: string): string => join(import.meta.dirname, "..", "..", "kubernetes", part)

/** An image in the engine, or why this machine cannot build it. */
export type NodePart = { readonly image: string } | Unavailable

const versionFlags = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
  .flatMap((name) => [
    `-X ${name}.gitVersion=v${kubernetesVersion}`,
    `-X ${name}.gitMajor=1`,
    `-X ${name}.gitMinor=${kubernetesVersion.split(".")[1]}`,
    `-X ${name}.gitTreeState=clean`,
    `-X ${name}.gitCommit=0000000`,
    `-X ${name}.buildDate=1970-01-01T00:00:00Z`,
  ])
  .join(" ")

/** An image that holds one static Go program and nothing else. */
const programImage = async (name: "pause" | "coredns", cost: string): Promise<NodePart> => {
  const folder = folderOf(name)
  const built = await buildGo({ name, folder, cost })
  if ("unavailable" in built) return built
  const { binary } = built
  const complete = (context: string) => copyFile(binary, join(context, name))
  return { image: await ensureBuilt({ tag: `windflow-fixture/${name}:${contentKey(folder)}`, folder, complete }) }
}

/** CoreDNS, for clusters that are asked for names. */
export const dnsImage = (): Promise<NodePart> => programImage("coredns", "five minutes")

/** The node's image. */
export const nodeImage = async (): Promise<NodePart> => {
  const kubernetes = await buildGo({
    name: "hyperkube",
    folder: folderOf("hyperkube"),
    ldflags: versionFlags,
    cost: "six minutes and 2 GB of modules",
  })
  if ("unavailable" in kubernetes) return kubernetes
  const pause = await programImage("pause", "seconds")
  if ("unavailable" in pause) return pause
  const { debian } = await baseImages(["debian"])
  const folder = folderOf("node")
  const image = await ensureBuilt({
    tag: `windflow-fixture/kubernetes:${contentKey(folder, debian, pause.image, binaryKey(kubernetes.binary))}`,
    folder,
    args: { BASE: debian, PAUSE: `docker.io/${pause.image}` },
    complete: async (context) => {
      await cp(kubernetes.binary, join(context, "hyperkube"))
      await exportImage(pause.image, join(context, "pause.tar"))
    },
  })
  return { image }
}
