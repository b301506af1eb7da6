/** Real processes, killed with -9: what their files say to the next one. (The sweep over every row is `crash.test.ts`.) */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { Event } from "../model/Event.ts"
import { deploymentsIn, request } from "./killed.fixture.ts"

const fixture = fileURLToPath(new URL("killed.fixture.ts", import.meta.url))

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "windflow-kill-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const killedAt = (directory: string, row: number, when: string) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, ["--conditions=@windflow/source", fixture, directory, String(row), when], {
      stdio: "inherit",
    })
    const [, signal] = await once(child, "exit")
    return signal
  })

describe.runIf(process.platform === "linux")("a process killed with -9", () => {
  it.live.each([
    // Row 1 begins the run, row 2 is the intent of the first operation, row 3 its success.
    { row: 1, when: "before", resumed: undefined },
    { row: 1, when: "after", resumed: { done: 0 } },
    { row: 2, when: "after", resumed: { done: 0, operation: "network:shop_default/CreateNetwork" } },
    { row: 3, when: "before", resumed: { done: 0, operation: "network:shop_default/CreateNetwork" } },
    { row: 3, when: "after", resumed: { done: 1 } },
  ])(
    "$when row $row leaves a lock that is taken over at once, and a run that is resumed",
    ({ row, when, resumed }) =>
      Effect.gen(function* () {
        const directory = yield* temporary
        assert.strictEqual(yield* killedAt(directory, row, when), "SIGKILL")
        const { deployments, journal, records } = yield* deploymentsIn(directory, "next")
        assert.strictEqual((yield* records.list({ "windflow.lock": "shop" })).length, 1)
        const events: Array<Event> = []
        const revision = yield* deployments.run(request, { onEvent: (event) => events.push(event) })
        assert.deepInclude(revision, { number: 1, status: "succeeded" })
        const found = events.find((event) => event._tag === "RunResumed")
        if (resumed === undefined) assert.isUndefined(found)
        else assert.deepInclude(found, { run: "killed", ...resumed })
        assert.deepStrictEqual(yield* records.list({ "windflow.lock": "shop" }), [])
        assert.isUndefined(yield* journal.openRun("shop@local"))
      }).pipe(Effect.scoped),
    60_000,
  )
})
