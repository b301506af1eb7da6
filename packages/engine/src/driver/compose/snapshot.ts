/** What a plan rests on, and nothing else: a digest of this makes a plan stale. No health, addresses or texts. */
import type { Schema } from "effect"
import type { Observed, ObservedContainer } from "./Observed.ts"

/** Two states between which no planner decision differs are one. */
const stateClass = (container: ObservedContainer): string => {
  switch (container.state) {
    case "running":
    case "restarting":
      return "running"
    case "dead":
    case "removing":
      return "broken"
    case "created":
    case "paused":
      return container.state
    case "exited":
      return container.exitCode === 0 ? "completed" : "exited"
  }
}

const sorted = (lines: ReadonlyArray<Schema.Json>) =>
  lines.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

export const snapshotOf = (observed: Observed): Schema.Json => ({
  ...(observed.trees === undefined ? {} : { trees: sorted([...observed.trees].map(([digest, id]) => [digest, id])) }),
  containers: sorted(
    observed.containers.map((container) => [
      container.id,
      container.name,
      stateClass(container),
      container.configHash,
      container.image,
      container.extra,
      sorted(Object.entries(container.networks).map(([name, id]) => [name, id])),
    ]),
  ),
  networks: sorted(observed.networks.map((network) => [network.id, network.name, network.hash])),
  volumes: sorted(observed.volumes.map((volume) => [volume.name, volume.project, volume.hash])),
})
