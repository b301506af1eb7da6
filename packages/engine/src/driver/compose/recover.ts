/** Tells whether an operation of unknown outcome happened. Looks, changes nothing. */
import { Effect } from "effect"
import { EngineFailed, type WindFlowError } from "../../model/errors/union.ts"
import { readStore } from "../../host/trees.ts"
import type { Operation } from "../../plan/Operation.ts"
import type { ExecuteContext, Recovery } from "../Driver.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"
import { actionOf, containerOf, sharedIn, upOf } from "./execute.ts"
import { labels } from "./names.ts"
import { treeKey } from "./planCarried.ts"
import { sharedHash } from "./sharing.ts"

const didNotHappen: Recovery = { _tag: "DidNotHappen" }
const happened = (outputs: Readonly<Record<string, string>> = {}): Recovery => ({ _tag: "Happened", outputs })
const when = (condition: boolean): Recovery => (condition ? happened() : didNotHappen)

export const recover = (
  context: ComposeDriverContext,
  operation: Operation,
  run: ExecuteContext<Desired>,
): Effect.Effect<Recovery, WindFlowError> =>
  Effect.gen(function* () {
    const { api } = context
    const find = (idOrName: string) =>
      api.containers.inspect(idOrName).pipe(
        Effect.catchIf(
          (error) => error instanceof EngineFailed && error.status === 404,
          () => Effect.succeed(undefined),
        ),
      )
    const { verb, args } = yield* actionOf(operation)
    switch (verb) {
      case "CreateContainer": {
        const desired = yield* upOf(run.desired, operation)
        const found = yield* find(args.name)
        const own = found?.Config.Labels
        const service = desired.services.find((candidate) => candidate.name === args.service)
        const hash = service === undefined ? undefined : sharedHash(service, sharedIn(args, run))
        // The name alone could be somebody else's: project, replica and hash say that it is what this operation makes.
        const ours =
          own?.[labels.project] === desired.project &&
          own[labels.service] === args.service &&
          own[labels.number] === String(args.number) &&
          own[labels.configHash] === hash
        return found !== undefined && ours ? happened({ id: found.Id }) : didNotHappen
      }
      case "CreateNetwork": {
        const desired = yield* upOf(run.desired, operation)
        const wanted = desired.networks.find((network) => network.key === args.key)
        const networks = yield* api.networks.list({ label: [`${labels.project}=${desired.project}`] })
        const found = networks.find(
          (network) => network.Name === wanted?.model.name && network.Labels?.[labels.configHash] === wanted.hash,
        )
        return found === undefined ? didNotHappen : happened({ id: found.Id })
      }
      case "CreateVolume": {
        const desired = yield* upOf(run.desired, operation)
        const name = desired.volumes.find((volume) => volume.key === args.key)?.model.name
        const volumes = yield* api.volumes.list({ label: [`${labels.project}=${desired.project}`] })
        return when(volumes.some((volume) => volume.Name === name))
      }
      case "CarryFiles": {
        const { trees } = yield* readStore(api, run.desired.project)
        const found = args.digests.flatMap((digest) => {
          const tree = trees.find((candidate) => candidate.digest === digest)
          return tree === undefined ? [] : [[treeKey(digest), tree.id] as const]
        })
        return found.length === args.digests.length ? happened(Object.fromEntries(found)) : didNotHappen
      }
      case "RemoveNetwork":
        return when(!(yield* api.networks.list({})).some((network) => network.Id === args.id))
      case "RemoveVolume":
        return when(!(yield* api.volumes.list({})).some((volume) => volume.Name === args.name))
      case "RemoveImage":
        return when((yield* api.images.find(args.name)) === undefined)
      case "RemoveContainer":
        return when((yield* find(yield* containerOf(args.id, operation, run))) === undefined)
      case "StopContainer":
        return when((yield* find(yield* containerOf(args.id, operation, run)))?.State.Running !== true)
      case "UnpauseContainer":
        return when((yield* find(args.id))?.State.Status === "running")
      case "StartContainer": {
        const found = yield* find(yield* containerOf(args.id, operation, run))
        return when(found !== undefined && found.State.Status !== "created" && found.State.Status !== "exited")
      }
      case "RenameContainer": {
        const found = yield* find(yield* containerOf(args.id, operation, run))
        return when(found?.Name === `/${args.name}`)
      }
      // Nothing tells a process that was restarted or signalled from one that was not.
      case "RestartContainer":
      case "KillContainer":
      case "RunHook":
      case "RunPreStart":
        return { _tag: "Unknown" }
      case "UploadFiles":
        // Putting the same files there again is harmless.
        return didNotHappen
      case "Wait":
      case "Barrier":
      case "Delay":
      case "Tally":
        // Waiting changes nothing: it is simply done again.
        return didNotHappen
    }
  })
