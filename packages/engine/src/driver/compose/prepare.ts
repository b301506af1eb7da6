/** From a request to the desired state: refusals, choice of services, images, versions of secrets, hashes. */
import { Effect } from "effect"
import { networkHash, serviceHash, volumeHash } from "../../compose/render/hash.ts"
import { FileUnreadable, Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { StackModel } from "../../model/StackModel.ts"
import { digestJson } from "../../plan/digest.ts"
import { proxyEnvironment } from "../../transport/dockerConfig.ts"
import type { PrepareOptions } from "../Driver.ts"
import type { Request, UpOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired, DesiredService, DesiredUp } from "./Desired.ts"
import { checkHealthGates } from "./healthGates.ts"
import { resolveImages } from "./images.ts"
import { networksInOrder } from "./createBody.ts"
import { inspectStack } from "./refusals.ts"
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
    volumes: new Set(services.flatMap((service) => (service.volumes ?? []).map((mount) => mount.source ?? ""))),
  }
}

/** Files of configs and secrets are mounted: an engine would create an empty folder for one that is missing. */
const checkFiles = (stack: Stack, names: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: async () => {
      const { stat } = await import("node:fs/promises")
      for (const kind of ["configs", "secrets"] as const) {
        const granted = new Set(
          names.flatMap((name) => (stack.model.services[name]?.[kind] ?? []).map((grant) => grant.source ?? "")),
        )
        for (const key of granted) {
          const path = stack.model[kind]?.[key]?.file ?? ""
          const place = stack.origin.locate([kind, key, "file"])
          await stat(path).catch((cause: unknown) => {
            throw new FileUnreadable({
              path,
              reason: "missing",
              detail: `${kind}.${key}: ${cause instanceof Error ? cause.message : String(cause)}`,
              ...(place === undefined ? {} : { place }),
            })
          })
        }
      }
    },
    catch: (error) =>
      error instanceof FileUnreadable
        ? error
        : new FileUnreadable({ path: stack.origin.workingDirectory, reason: "other", detail: String(error) }),
  })

const prepareUp = (
  context: ComposeDriverContext,
  stack: Stack,
  options: UpOptions,
  prepareOptions: PrepareOptions,
): Effect.Effect<DesiredUp, WindFlowError> =>
  Effect.gen(function* () {
    const { model } = stack
    const verdict = inspectStack(stack, context.localFiles)
    const [first, ...others] = verdict.refused
    if (first !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [first, ...others] })
    const selection = yield* Effect.fromResult(selectServices(model, options))
    const chosen =
      options.onlyDependencies === true
        ? selection.services.filter((name) => !selection.targeted.has(name))
        : selection.services
    if (chosen.some((name) => (model.services[name]?.configs ?? model.services[name]?.secrets) !== undefined))
      yield* checkFiles(stack, chosen)
    const completing = new Set(
      Object.values(model.services).flatMap((service) =>
        Object.entries(service.depends_on ?? {}).flatMap(([name, { condition }]) =>
          condition === "service_completed_successfully" ? [name] : [],
        ),
      ),
    )
    const images = yield* resolveImages(context, stack, chosen, options, prepareOptions)
    yield* checkHealthGates(context.api, stack, chosen, images)
    const services = yield* Effect.forEach(chosen, (name) =>
      Effect.gen(function* () {
        const service = model.services[name]!
        const secrets = yield* secretVariables(context, stack, name)
        const desired: DesiredService = {
          name,
          model: service,
          image: images.get(name)!,
          scale: scaleOf(model, name, options),
          targeted: selection.targeted.has(name),
          completes: completing.has(name),
          configHash: serviceHash(service),
          extra: secrets.length === 0 ? "" : digestJson(secrets).slice(0, 16),
          secrets,
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
