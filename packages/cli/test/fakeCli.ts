/** The command in a process of its own over a fake engine whose services never become healthy: for signals and pipes. */
import { fakeWindFlow } from "@windflow/sdk/testing"
import { processHost } from "../src/host.ts"
import { main } from "../src/main.ts"

process.exitCode = await main(process.argv.slice(2), {
  ...processHost(),
  open: async () => fakeWindFlow({ health: () => "starting" }),
})
