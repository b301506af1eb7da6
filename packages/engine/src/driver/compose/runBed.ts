/** For this folder's tests: whole runs (plan, walk, compensations, revisions) over a bed's driver. No part of the product. */
import { Effect, Result } from "effect"
import { makeDeployments } from "../../execute/makeDeployments.ts"
import type { Revision } from "../../model/Deployment.ts"
import type { Event } from "../../model/Event.ts"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import { memoryJournal } from "../../state/memory.ts"
import { thisProcess } from "../../state/owner.ts"
import type { ContainerDetails } from "../../transport/engineAnswers.ts"
import { openDriver } from "../Driver.ts"
import type { UpOptions } from "../Request.ts"
import { type Bed, up } from "./testBed.ts"

export const runsOn = (bed: Bed, owner: { readonly pid?: number } = {}) => {
  const events: Array<Event> = []
  const deployments = makeDeployments({
    driver: openDriver(bed.driver),
    target: { name: "local", type: "docker", driver: "compose", endpoints: [bed.api.endpoint] },
    journal: memoryJournal(),
    owner: { ...thisProcess(), ...owner },
  })
  const onEvent = (event: Event) => void events.push(event)
  return {
    deployments,
    events,
    onEvent,
    up: (stack: Stack, options: Partial<UpOptions> = {}): Effect.Effect<Revision, WindFlowError> =>
      deployments.run(up(stack, options), { onEvent }),
    /** The error of a run that must fail. */
    failing: (stack: Stack, options: Partial<UpOptions> = {}): Effect.Effect<WindFlowError | undefined> =>
      Effect.map(Effect.result(deployments.run(up(stack, options), { onEvent })), (result) =>
        Result.isFailure(result) ? result.failure : undefined,
      ),
  }
}

/** Takes away what the runs of a project left: its containers, networks, volumes, revisions and the tags of their images. */
export const cleanUp = (bed: Bed, project: string): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    yield* bed.down(project, { volumes: true })
    const revisions = yield* bed.driver.records.list({ "windflow.revision": project })
    yield* Effect.forEach(revisions, ({ name }) => bed.driver.records.remove(name), { discard: true })
    if (bed.driver.forget !== undefined) yield* bed.driver.forget(project, [])
  })

/** All containers of a project, by name. */
export const containersOf = (
  bed: Bed,
  project: string,
): Effect.Effect<ReadonlyArray<ContainerDetails>, WindFlowError> =>
  Effect.gen(function* () {
    const found = yield* bed.api.containers.list({ label: [`com.docker.compose.project=${project}`] })
    const details = yield* Effect.forEach(found, ({ Id }) => bed.api.containers.inspect(Id))
    return details.toSorted((a, b) => (a.Name < b.Name ? -1 : 1))
  })

/** `web-1 running`, the project's name left out. */
export const shown = (project: string, containers: ReadonlyArray<ContainerDetails>): ReadonlyArray<string> =>
  containers.map(({ Name, State }) => `${Name.slice(1).replace(`${project}-`, "")} ${State.Status}`)
