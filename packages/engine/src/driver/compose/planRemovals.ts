/** Plans what ends containers: each is stopped and removed by at most one operation, whoever asks for it. Pure. */
import type { DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import type { ObservedContainer } from "./Observed.ts"
import { planPreStop } from "./planHooks.ts"

const running: ReadonlySet<string> = new Set(["running", "restarting", "paused"])
export const isRunning = ({ state }: ObservedContainer): boolean => running.has(state)

const stopOf = (id: string) => `container:${id.slice(0, 12)}/stop`
const removalOf = (id: string) => `container:${id.slice(0, 12)}/remove`

export class Removals {
  readonly #desired: DesiredUp
  readonly #draft: Draft
  /** Container id → operation after which it no longer runs. */
  readonly #stops = new Map<string, string>()

  constructor(desired: DesiredUp, draft: Draft) {
    this.#desired = desired
    this.#draft = draft
  }

  /** Plans a stop once; undefined when it does not run. */
  stop(container: ObservedContainer, cause: string, group: string, needs: ReadonlyArray<string>): string | undefined {
    const planned = this.#stops.get(container.id)
    if (planned !== undefined || !isRunning(container)) return planned
    const resource = `service:${container.service}:${container.number}`
    const service = this.#desired.services.find(({ name }) => name === container.service)
    const stop = this.#draft.add({
      id: stopOf(container.id),
      group,
      resource,
      cause,
      needs: planPreStop(this.#draft, container, { group, resource, cause }, needs, service),
      action: {
        verb: "StopContainer",
        args: { id: container.id, name: container.name, seconds: this.#desired.options.stopTimeout ?? null },
      },
    })
    this.#stops.set(container.id, stop)
    return stop
  }

  /** Stop, then remove, as a group of its own. */
  remove(container: ObservedContainer, cause: string, group: string): string {
    const resource = `service:${container.service}:${container.number}`
    this.#draft.group(group, "delete", resource, cause)
    const stop = this.stop(container, cause, group, [])
    return this.removal(container, cause, group, stop === undefined ? [] : [stop])
  }

  removal(container: ObservedContainer, cause: string, group: string, needs: ReadonlyArray<string>): string {
    return this.#draft.add({
      id: removalOf(container.id),
      group,
      resource: `service:${container.service}:${container.number}`,
      cause,
      needs,
      // Anonymous volumes stay: a replacement carries them on, and data is not removed unasked.
      action: { verb: "RemoveContainer", args: { id: container.id, name: container.name, volumes: false } },
    })
  }

  /** The operation after which a running container's host ports are free; it may be planned later, so the id is derived. */
  freed(containerId: string): string {
    return stopOf(containerId)
  }

  /** The operation after which a container is gone, should one be planned. */
  gone(containerId: string): string {
    return removalOf(containerId)
  }
}
