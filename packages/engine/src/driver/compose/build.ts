/** Builds a service's image with the engine's BuildKit, labelled and named as Compose does it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hostname } from "node:os"
import { Effect, Redacted, type Scope } from "effect"
import { BuildFailed, EngineFailed, FileUnreadable, Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import { sha256Hex } from "../../plan/digest.ts"
import { builderLabels, runBuild } from "../../transport/buildkit/BuildKit.ts"
import { fileSync } from "../../transport/buildkit/fileSync.ts"
import { GrpcFailure, grpcCode, type GrpcMethods } from "../../transport/buildkit/grpc.ts"
import type { BuildStatus } from "../../transport/buildkit/messages.ts"
import { registryCredentials, secrets, sshAgents } from "../../transport/buildkit/sessionServices.ts"
import { proxyEnvironment } from "../../transport/dockerConfig.ts"
import { type Credentials, credentialsFor } from "../../transport/registryAuth.ts"
import type { Report } from "../Driver.ts"
import type { BuildPurpose } from "./buildImages.ts"
import { buildAgents, buildSecrets, checkFolders, unreadable } from "./buildInputs.ts"
import { asksForGateway, type BuilderFacts, buildRequest, imageStoreKeys, platformsOf } from "./buildRequest.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { masking } from "./withoutSecrets.ts"

const logLines = 15

/** What a build has told so far. */
class BuildRecord {
  /** Digest → name of the step. */
  readonly #steps = new Map<string, string>()
  readonly #completed = new Set<string>()
  /** Digest → the end of what the step printed. */
  readonly #output = new Map<string, ReadonlyArray<string>>()
  #failed: { readonly digest: string; readonly name: string } | undefined

  /** The lines to show. */
  follow(status: BuildStatus): ReadonlyArray<string> {
    const shown: Array<string> = []
    for (const { digest, name, error, cached, completed } of status.steps) {
      if (!this.#steps.has(digest)) shown.push(name)
      if (cached && !this.#completed.has(digest)) shown.push(`${name} (cached)`)
      this.#steps.set(digest, name)
      if (completed) this.#completed.add(digest)
      if (error !== "") this.#failed ??= { digest, name }
    }
    for (const { digest, text } of status.logs) {
      const lines = text.split("\n").filter((part) => part.trim() !== "")
      shown.push(...lines)
      this.#output.set(digest, [...(this.#output.get(digest) ?? []), ...lines].slice(-logLines))
    }
    return [...shown, ...status.warnings.map((text) => `warning: ${text}`)]
  }

  get completed(): number {
    return this.#completed.size
  }
  get total(): number {
    return this.#steps.size
  }
  get step(): string {
    return this.#failed?.name ?? "the start"
  }
  get log(): ReadonlyArray<string> {
    return this.#failed === undefined ? [] : (this.#output.get(this.#failed.digest) ?? [])
  }
}

const snapshotterLabel = "org.mobyproject.buildkit.worker.snapshotter"
const gatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"

/** Looked up only where a key asks; what the engine's image store cannot do is refused by name before anything is built. */
const factsOf = (
  context: ComposeDriverContext,
  stack: Stack,
  name: string,
  purpose: BuildPurpose,
): Effect.Effect<BuilderFacts, WindFlowError> =>
  Effect.gen(function* () {
    const build = stack.model.services[name]?.build ?? {}
    const keys = imageStoreKeys(build, platformsOf(stack, name, purpose.purpose))
    if (keys.length === 0 && !asksForGateway(build)) return { hostGateway: undefined, imageStore: false }
    const known = yield* builderLabels(context.api).pipe(
      Effect.mapError((error) =>
        error instanceof GrpcFailure ? new EngineFailed({ call: "ListWorkers", detail: error.message }) : error,
      ),
    )
    const imageStore = known.has(snapshotterLabel)
    const [first, ...others] = (imageStore ? [] : keys).map((key) => {
      const place = stack.origin.locate(["services", name, "build", key])
      return {
        severity: "error" as const,
        code: "unsupported",
        message: `services.${name}.build.${key}: this engine's image store cannot do this`,
        remedy: "Remove it, or turn on the containerd image store of the engine.",
        path: `services.${name}.build.${key}`,
        ...(place === undefined ? {} : { place }),
      }
    })
    if (first !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [first, ...others] })
    return { hostGateway: known.get(gatewayLabel), imageStore }
  })

/** The Dockerfile of the model as a folder of its own, until the build is over. */
const inlineFolder = (text: string): Effect.Effect<string, FileUnreadable, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const folder = await mkdtemp(join(tmpdir(), "windflow-dockerfile-"))
        await writeFile(join(folder, "Dockerfile"), text)
        return folder
      },
      catch: (error) => new FileUnreadable({ path: tmpdir(), reason: "other", detail: String(error) }),
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )

const answerOf = (credentials: Credentials | undefined) => {
  switch (credentials?._tag) {
    case "Password":
      return { username: credentials.username, secret: credentials.password }
    case "IdentityToken":
      return { username: "", secret: credentials.token }
    // A ready bearer token has no place in this call.
    case "RegistryToken":
    case undefined:
      return undefined
  }
}

/** The id of the image that was built, which also carries the service's name and tags. */
export const buildImage = (
  context: ComposeDriverContext,
  stack: Stack,
  name: string,
  purpose: BuildPurpose,
  report: Report,
): Effect.Effect<string, WindFlowError> =>
  Effect.gen(function* () {
    const facts = yield* factsOf(context, stack, name, purpose)
    const proxies = proxyEnvironment(context.config, context.api.endpoint)
    const request = buildRequest(stack, name, purpose, proxies, facts)
    yield* checkFolders(stack, name, request.folders)
    const values = yield* buildSecrets(stack, name)
    const agents = yield* buildAgents(stack, name, purpose.ssh ?? [])
    const mask = masking([...values.values()].map((value) => Buffer.from(Redacted.value(value)).toString("utf8")))
    const folders =
      request.inline === undefined
        ? request.folders
        : new Map([...request.folders, ["dockerfile", yield* inlineFolder(request.inline)]])

    /** What went wrong on our side of the session says more than the builder's "rpc error". */
    let ours: WindFlowError | undefined
    const services: GrpcMethods = {
      ...fileSync(folders, (folder, error) => {
        ours ??= unreadable(stack, folder, ["services", name, "build"], error)
      }),
      ...registryCredentials(async (host) => {
        const found = await Effect.runPromise(Effect.result(credentialsFor(context.config, host)))
        if (found._tag === "Success") return answerOf(found.success)
        ours ??= found.failure
        throw new GrpcFailure(grpcCode.unavailable, found.failure.detail)
      }),
      ...(values.size === 0
        ? {}
        : secrets((id) => {
            const value = values.get(id)
            return value === undefined ? undefined : Promise.resolve(Redacted.value(value))
          })),
      ...(agents.size === 0 ? {} : sshAgents(agents)),
    }
    const record = new BuildRecord()
    const subject = `build ${name}`
    const found = stack.origin.locate(["services", name, "build"])
    const failed = (detail: string) =>
      new BuildFailed({
        service: name,
        step: mask(record.step),
        detail: mask([detail, ...record.log].join("\n")),
        ...(found === undefined ? {} : { place: found }),
      })
    const answer = yield* runBuild(context.api, {
      request: request.solve,
      services,
      sharedKey: sha256Hex(`${hostname()}:${request.folders.get("context") ?? stack.name}`).slice(0, 32),
      onStatus: (status) =>
        Effect.forEach(
          record.follow(status),
          (text) => report({ subject, current: record.completed, total: record.total, text: mask(text) }),
          { discard: true },
        ),
    }).pipe(Effect.mapError((error) => ours ?? (error instanceof GrpcFailure ? failed(error.message) : error)))
    const id = answer.get("containerimage.digest")
    return id ?? (yield* failed("the engine named no image at the end"))
  }).pipe(Effect.scoped)
