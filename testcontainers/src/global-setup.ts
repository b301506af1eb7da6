// vitest's set-up for shards that need an engine: finds or starts it, and points the tests at a reaper.
import { runtimeClient } from "./docker.ts"
import { prepareReaper } from "./reaper.ts"

export default async function setup(): Promise<void> {
  await runtimeClient()
  await prepareReaper()
}
