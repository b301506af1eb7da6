/** Opens a cluster: finds the context in the kubeconfig through `@kubernetes/client-node`, an optional peer loaded only here. */
import type { RequestOptions } from "node:https"
import { Effect } from "effect"
import { ConfigInvalid, DependencyMissing, Usage, type WindFlowError } from "../../model/errors/index.ts"
import { type KubeApi, makeKubeApi } from "./KubeApi.ts"

export interface ClusterOptions {
  /** `kubernetes://context/namespace`; without a context the kubeconfig's current one, without a namespace the context's. */
  readonly endpoint: string
  /** Path; absent: KUBECONFIG, `~/.kube/config`, the service account of a Pod. */
  readonly kubeconfig?: string
}

const packageName = "@kubernetes/client-node"
const loadClient = () => import("@kubernetes/client-node")
type Client = Awaited<ReturnType<typeof loadClient>>

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"

/** `load` is replaced in tests only. */
export const connect = (
  options: ClusterOptions,
  load: () => Promise<Client> = loadClient,
): Effect.Effect<KubeApi, WindFlowError> =>
  Effect.gen(function* () {
    const url = URL.parse(options.endpoint)
    if (url?.protocol !== "kubernetes:")
      return yield* new Usage({
        subject: options.endpoint,
        detail: "not an address of a cluster",
        expected: "kubernetes://context/namespace",
      })
    const { KubeConfig } = yield* Effect.tryPromise({
      try: load,
      catch: (error) =>
        isMissing(error)
          ? new DependencyMissing({ package: packageName, install: `npm install ${packageName}` })
          : new ConfigInvalid({ file: packageName, detail: String(error) }),
    })
    const config = new KubeConfig()
    const file = options.kubeconfig ?? "kubeconfig"
    yield* Effect.try({
      try: () => {
        if (options.kubeconfig === undefined) config.loadFromDefault()
        else config.loadFromFile(options.kubeconfig)
      },
      catch: (error) => new ConfigInvalid({ file, detail: error instanceof Error ? error.message : String(error) }),
    })
    const wanted = decodeURIComponent(url.host)
    if (wanted !== "") config.setCurrentContext(wanted)
    const context = config.getContextObject(config.getCurrentContext())
    const cluster = config.getCurrentCluster()
    if (context === null || cluster === null)
      return yield* new ConfigInvalid({
        file,
        detail: `no context ${wanted === "" ? "is current" : wanted}; it has: ${config
          .getContexts()
          .map((c) => c.name)
          .join(", ")}`,
      })
    const namespace = decodeURIComponent(url.pathname.replace(/^\//, ""))
    return makeKubeApi({
      server: cluster.server,
      namespace: namespace === "" ? (context.namespace ?? "default") : namespace,
      authorise: async () => {
        const request: Parameters<typeof config.applyToHTTPSOptions>[0] = {}
        await config.applyToHTTPSOptions(request)
        // The client types this as "https or WebSocket options"; it fills in the ones of https.
        return request as RequestOptions
      },
    })
  })
