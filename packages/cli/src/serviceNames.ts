/** The services of a Compose file, for completion. Loaded only then: it needs the loader. */
import { load } from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import { Effect } from "effect"
import type { Host } from "./host.ts"

/** None where there is no file that can be read. */
export const namesIn = (files: ReadonlyArray<string>, host: Host): Promise<ReadonlyArray<string>> => {
  const env = Object.fromEntries(
    Object.entries(host.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
  const request = { workingDirectory: host.cwd, ...(files.length === 0 ? {} : { files }) }
  return load(request, nodeCapability({ env })).pipe(
    Effect.map(({ model }) => Object.keys(model.services)),
    Effect.orElseSucceed(() => []),
    Effect.runPromise,
  )
}
