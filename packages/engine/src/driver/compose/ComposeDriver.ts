/** The compose driver: stacks on one Docker engine, with Compose's names and labels. Puts its five steps together. */
import { Effect, Result } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import type { SecretStoreShape } from "../../secret/SecretStore.ts"
import type { DockerConfig } from "../../transport/dockerConfig.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { Driver } from "../Driver.ts"
import { type HeldContents, makeHeldContents } from "./contents.ts"
import { Desired } from "./Desired.ts"
import { buildImages } from "./buildImages.ts"
import { events } from "./events.ts"
import { exec } from "./exec.ts"
import { execute } from "./execute.ts"
import { imagesInUse, processes } from "./inUse.ts"
import { instances, urls } from "./instances.ts"
import { logs } from "./logs.ts"
import type { Observed } from "./Observed.ts"
import { observe } from "./observe.ts"
import { planDown } from "./planDown.ts"
import { planLifecycle } from "./planLifecycle.ts"
import { planUp } from "./planUp.ts"
import { oneOff } from "./oneOff.ts"
import { parity } from "./parity.ts"
import { preflight } from "./preflight.ts"
import { prepare } from "./prepare.ts"
import { prepareAndObserve } from "./prepareAndObserve.ts"
import { dockerRecords } from "./records.ts"
import { pullImages } from "./pull.ts"
import { recover } from "./recover.ts"
import { forget, retain } from "./retain.ts"
import { tellValues } from "./toldValues.ts"
import { withoutSecrets } from "./withoutSecrets.ts"

/** What the driver works with; nothing is opened or read before the first step. */
export interface ComposeDriverContext {
  readonly api: DockerApiShape
  readonly secrets: Pick<SecretStoreShape, "version" | "reveal">
  /** Docker's client configuration: proxies for containers, credentials of registries. */
  readonly config: DockerConfig
  /** The engine sees this machine's file system: bind mounts of local paths make sense. */
  readonly localFiles: boolean
  /** The deployer's own engine, from which images may be carried; absent where the target is that engine. */
  readonly deployer?: DockerApiShape
  /** A variable of the deployer: for a config or secret of a plan that another process prepared. Absent: there are none. */
  readonly variable?: (name: string) => string | undefined
  /** Values that configs and secrets take from variables, as this process read them. */
  readonly contents: HeldContents
}

const planFor = (desired: Desired, observed: Observed): Result.Result<PlanDraft, WindFlowError> => {
  if (desired._tag === "Up") return planUp(desired, observed)
  return desired._tag === "Down" ? Result.succeed(planDown(desired, observed)) : planLifecycle(desired, observed)
}

export const composeDriver = (options: Omit<ComposeDriverContext, "contents">): Driver<Desired, Observed> =>
  driverOf({ ...options, contents: makeHeldContents() })

const driverOf = (context: ComposeDriverContext): Driver<Desired, Observed> => ({
  name: "compose",
  parity,
  desired: Desired,
  prepare: (request, options) => prepare(context, request, options),
  observe: (desired) => observe(context.api, desired),
  prepareAndObserve: (request, options) => prepareAndObserve(context, request, options),
  plan: (desired, observed) => planFor(desired, observed),
  preflight: (desired, operations) => preflight(context, desired, operations),
  tellValues,
  execute: (operation, run) => withoutSecrets(context, run.desired, execute(context, operation, run)),
  recover: (operation, run) => withoutSecrets(context, run.desired, recover(context, operation, run)),
  urls: (desired) => urls(context.api, desired),
  retain: (desired, revision) => (desired._tag === "Up" ? retain(context.api, desired, revision) : Effect.void),
  restoring: (desired) =>
    desired._tag === "Up" ? { ...desired, options: { ...desired.options, removeOrphans: true } } : desired,
  forget: (project, stored) => forget(context.api, project, stored),
  pull: (stack, options, report) => pullImages(context, stack, options, report),
  build: (stack, options, report) => buildImages(context, stack, options, report),
  records: dockerRecords(context.api),
  instances: (project, options) => instances(context.api, project, options),
  logs: (project, options) => logs(context.api, project, options),
  events: (filter) => events(context.api, filter),
  exec: (request) => exec(context.api, request),
  oneOff: (request) => oneOff(context, request),
  processes: (project) => processes(context.api, project),
  images: (project) => imagesInUse(context.api, project),
})
