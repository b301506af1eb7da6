/**
 * The command in a process of its own that kills itself with SIGKILL before or after a row of its journal:
 * `WINDFLOW_TEST_CRASH_AT=before:3`. SIGUSR2 makes it throw where nobody catches. No part of the product: the journal comes in by `state.custom`.
 */
import { type Journal, makeFileJournal } from "@windflow/engine/state"
import { state, WindFlow } from "@windflow/sdk"
import { Effect } from "effect"
import { join } from "node:path"
import { processHost } from "../src/host.ts"
import { main } from "../src/main.ts"

const [when, row] = (process.env["WINDFLOW_TEST_CRASH_AT"] ?? "never:0").split(":")

/** Nothing after this line runs, as after any `kill -9`. */
const die = Effect.andThen(
  Effect.sync(() => process.kill(process.pid, "SIGKILL")),
  Effect.never,
)

const mortal = (journal: Journal): Journal => {
  let rows = 0
  return {
    ...journal,
    append: (entry) =>
      Effect.suspend(() => {
        rows += 1
        if (rows !== Number(row)) return journal.append(entry)
        return when === "before" ? die : Effect.andThen(journal.append(entry), die)
      }),
  }
}

process.on("SIGUSR2", () => {
  throw new Error("planted")
})

process.exitCode = await main(process.argv.slice(2), {
  ...processHost(),
  open: (options) =>
    WindFlow.open({
      ...options,
      state: state.custom(() =>
        Effect.map(makeFileJournal(join(options.stateDirectory ?? "", "journal")), (journal) => ({
          journal: mortal(journal),
        })),
      ),
    }),
})
