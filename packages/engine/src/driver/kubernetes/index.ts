/**
 * The Kubernetes driver: stacks as Deployments, Services and ConfigMaps of one namespace. The start of it: everything else of a
 * stack is refused by name (`accept.ts`); `logs`, `events` and `exec` are refused too.
 */
import { Effect, Schema, Stream } from "effect"
import { Unsupported, type WindFlowError } from "../../model/errors/index.ts"
import type { Driver } from "../Driver.ts"
import { driverName } from "./accept.ts"
import { list } from "./call.ts"
import { type ClusterOptions, connect } from "./connect.ts"
import { execute, recover } from "./execute.ts"
import { instances } from "./instances.ts"
import type { KubeApi } from "./KubeApi.ts"
import { observe } from "./observe.ts"
import { plan } from "./plan.ts"
import { parity } from "./parity.ts"
import { prepare } from "./prepare.ts"
import { makeRecords } from "./records.ts"
import { Desired, type Observed } from "./state.ts"

export type { ClusterOptions } from "./connect.ts"

const Node = Schema.Struct({
  status: Schema.Struct({
    addresses: Schema.optionalKey(Schema.Array(Schema.Struct({ type: Schema.String, address: Schema.String }))),
  }),
})

/** Node ports answer on every node; who may not list nodes learns no URL. */
const urls = (api: KubeApi, desired: Desired): Effect.Effect<ReadonlyArray<string>, WindFlowError> =>
  desired.nodePorts.length === 0
    ? Effect.succeed([])
    : list(api, Node, "/api/v1/nodes", {}).pipe(
        Effect.map(({ items }) => {
          const addresses = items.flatMap((node) => node.status.addresses ?? [])
          const of = (type: string) => addresses.find((address) => address.type === type)?.address
          const host = of("ExternalIP") ?? of("InternalIP")
          return host === undefined ? [] : desired.nodePorts.map((port) => `http://${host}:${port}`)
        }),
        Effect.catchTag("NotAuthorised", () => Effect.succeed([])),
      )

const notYet = (what: string) =>
  new Unsupported({
    driver: driverName,
    diagnostics: [
      {
        severity: "error",
        code: "unsupported",
        message: `\`${what}\` is not supported`,
        remedy: `Use kubectl ${what}.`,
      },
    ],
  })

const makeDriver = (api: KubeApi): Driver<Desired, Observed> => ({
  name: driverName,
  parity,
  desired: Desired,
  prepare: (request) => Effect.fromResult(prepare(request)),
  observe: (desired) => observe(api, desired),
  plan,
  execute: (operation, context) => execute(api, operation, context),
  recover: (operation, context) => recover(api, operation, context),
  urls: (desired) => urls(api, desired),
  records: makeRecords(api),
  instances: (project) => instances(api, project),
  logs: () => Stream.fail(notYet("logs")),
  events: () => Stream.fail(notYet("events")),
  exec: () => Effect.fail(notYet("exec")),
  oneOff: () => Effect.fail(notYet("run")),
  processes: () => Effect.fail(notYet("top")),
  images: () => Effect.fail(notYet("images")),
  // Nodes pull by themselves, and there is nothing here that builds.
  pull: () => Effect.fail(notYet("pull")),
  build: () => Effect.fail(notYet("build")),
})

/** Opens a cluster. Reads the kubeconfig and connects to nothing yet; there is nothing to close. */
export const openKubernetes = (options: ClusterOptions): Effect.Effect<Driver<Desired, Observed>, WindFlowError> =>
  Effect.map(connect(options), makeDriver)
