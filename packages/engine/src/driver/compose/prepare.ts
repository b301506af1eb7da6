/** From a request to the desired state: refusals, choice of services, images, versions of secrets, hashes. */
import { Effect } from "effect"
import { networkHash, serviceHash, volumeHash } from "../../compose/render/hash.ts"
import { Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { StackModel } from "../../model/StackModel.ts"
import { digestJson } from "../../plan/digest.ts"
import { proxyEnvironment } from "../../transport/dockerConfig.ts"
import type { PrepareOptions } from "../Driver.ts"
import type { Request, UpOptions } from "../Request.ts"
import { withApiSocket } from "./apiSocket.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { readContents } from "./contents.ts"
import type { Desired, DesiredService, DesiredUp } from "./Desired.ts"
import { digestCarried } from "./carried.ts"
import { checkHealthGates } from "./healthGates.ts"
import { resolveImages } from "./images.ts"
import { networksInOrder } from "./createBody.ts"
import { prepareOtherImages } from "./otherImages.ts"
import { inspectStack } from "./refusals.ts"
import { needsNewer, refuseNewerKeys } from "./newerKeys.ts"
import { readSecurityOptions } from "./seccomp.ts"
import { selectServices } from "./select.ts"

/** `deploy.replicas` and `scale` agree when both are there; the caller's wish is over both. */
const scaleOf = (model: StackModel, name: string, options: UpOptions): number =>
  options.scale[name] ?? model.services[name]?.scale ?? model.services[name]?.deploy?.replicas ?? 1

const secretVariables = (context: ComposeDriverContext, stack: Stack, service: string) =>
  Effect.forEach(
    Object.entries(stack.secretReferences[service] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ([variable, name]) => Effect.map(context.secrets.version(name), (version) => ({ variable, name, version })),
    { concurrency: 8 },
  )

const keysUsed = (model: StackModel, names: ReadonlyArray<string>) => {
  const services = names.flatMap((name) => model.services[name] ?? [])
  return {
    networks: new Set(
      services.flatMap((service) => (service.network_mode === undefined ? networksInOrder(service) : [])),
    ),
    volumes: new Set(
      services.flatMap((service) =>
        (service.volumes ?? []).flatMap(({ type, source = "" }) => (type === "volume" ? [source] : [])),
      ),
    ),
  }
}

/** Digest of what Compose's hash does not cover; empty when there is nothing of it. */
const extraOf = ({
  secrets,
  contents,
  securityOptions,
  carried,
}: Pick<DesiredService, "secrets" | "contents" | "securityOptions" | "carried">): string => {
  if (secrets.length === 0 && contents.length === 0 && securityOptions === undefined && carried === undefined) return ""
  return digestJson([secrets, contents, securityOptions ?? [], carried ?? {}]).slice(0, 16)
}

/** In small steps, done while the engine looks for images. */
const hashServices = (model: StackModel, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const hashes = new Map<string, string>()
    for (const [index, name] of names.entries()) {
      if (index % 8 === 0) yield* Effect.yieldNow
      hashes.set(name, serviceHash(model.services[name]!))
    }
    return hashes
  })

const prepareUp = (
  context: ComposeDriverContext,
  written: Stack,
  options: UpOptions,
  prepareOptions: PrepareOptions,
): Effect.Effect<DesiredUp, WindFlowError> =>
  Effect.gen(function* () {
    const stack = withApiSocket(written)
    const { model } = stack
    const verdict = inspectStack(stack, context.localFiles, options.scale)
    const [first, ...others] = verdict.refused
    if (first !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [first, ...others] })
    const selection = yield* Effect.fromResult(selectServices(model, options))
    const chosen =
      options.onlyDependencies === true
        ? selection.services.filter((name) => !selection.targeted.has(name))
        : selection.services
    if (needsNewer(stack, chosen)) {
      const [newer, ...more] = refuseNewerKeys(stack, chosen, yield* context.api.offered)
      if (newer !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [newer, ...more] })
    }
    const contents = yield* readContents(stack, chosen, context.contents)
    const completing = new Set(
      Object.values(model.services).flatMap((service) =>
        Object.entries(service.depends_on ?? {}).flatMap(([name, { condition }]) =>
          condition === "service_completed_successfully" ? [name] : [],
        ),
      ),
    )
    const [images, hashes] = yield* Effect.all(
      [resolveImages(context, stack, chosen, options, prepareOptions), hashServices(model, chosen)],
      { concurrency: 2 },
    )
    const mountedImages = yield* prepareOtherImages(context, stack, chosen, options, prepareOptions)
    yield* checkHealthGates(context.api, stack, chosen, images)
    const carried = context.localFiles ? undefined : yield* digestCarried(context.api, stack, chosen)
    const services = yield* Effect.forEach(chosen, (name) =>
      Effect.gen(function* () {
        const service = model.services[name]!
        const secrets = yield* secretVariables(context, stack, name)
        const own = carried?.byService.get(name)
        const securityOptions = yield* readSecurityOptions(stack, name)
        const covered = {
          secrets,
          contents: [...(contents.get(name) ?? []), ...(mountedImages.get(name) ?? [])],
          ...(securityOptions === undefined ? {} : { securityOptions }),
          ...(own === undefined ? {} : { carried: own }),
        }
        const desired: DesiredService = {
          name,
          model: service,
          image: images.get(name)!,
          scale: scaleOf(model, name, options),
          targeted: selection.targeted.has(name),
          completes: completing.has(name),
          configHash: hashes.get(name)!,
          extra: extraOf(covered),
          ...covered,
        }
        return desired
      }),
    )
    const used = keysUsed(model, selection.services)
    const picked = new Set(chosen)
    return {
      _tag: "Up",
      origin: "prepared",
      project: stack.name,
      workingDirectory: stack.origin.workingDirectory,
      files: stack.origin.files,
      environmentFiles: stack.origin.environmentFiles,
      services,
      untouched: [...Object.keys(model.services).filter((name) => !picked.has(name)), ...stack.disabled],
      networks: Object.entries(model.networks ?? {})
        .filter(([key]) => used.networks.has(key))
        .map(([key, network]) => ({ key, model: network, hash: networkHash(network) })),
      volumes: Object.entries(model.volumes ?? {})
        .filter(([key]) => used.volumes.has(key))
        .map(([key, volume]) => ({ key, model: volume, hash: volumeHash(volume) })),
      configs: model.configs ?? {},
      secretFiles: model.secrets ?? {},
      ...(carried === undefined || carried.trees.length === 0 ? {} : { trees: carried.trees }),
      proxies: proxyEnvironment(context.config, context.api.endpoint),
      warnings: verdict.warnings,
      options,
    }
  })

export const prepare = (
  context: ComposeDriverContext,
  request: Request,
  options: PrepareOptions,
): Effect.Effect<Desired, WindFlowError> =>
  // What works from labels needs nothing prepared.
  request._tag === "Up" ? prepareUp(context, request.stack, request.options, options) : Effect.succeed(request)
