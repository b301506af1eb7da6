/** A process that deploys and kills itself at a row of its journal: `node killed.fixture.ts DIRECTORY ROW before|after`. */
import { join } from "node:path"
import { Effect } from "effect"
import { openDriver } from "../driver/Driver.ts"
import { makeFileJournal } from "../state/fileJournal.ts"
import { fileRecords } from "../state/fileRecords.ts"
import { thisProcess } from "../state/owner.ts"
import { crashingJournal, fakeStack, killThisProcess, makeFakeDriver, makeFakeEngine, up } from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"

export const target = { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///fake.sock"] } as const
export const request = up(fakeStack("shop", { db: { healthcheck: true }, web: { after: { db: "service_healthy" } } }))

/** Journal, locks and revisions in files: all that a next process sees. The engine is its own. */
export const deploymentsIn = (directory: string, run: string, crash?: Parameters<typeof crashingJournal>[1]) =>
  Effect.map(makeFileJournal(join(directory, "journal")), (files) => ({
    journal: files,
    records: fileRecords(join(directory, "records")),
    deployments: makeDeployments({
      driver: openDriver({ ...makeFakeDriver(makeFakeEngine()), records: fileRecords(join(directory, "records")) }),
      target,
      journal: crash === undefined ? files : crashingJournal(files, crash, killThisProcess),
      owner: thisProcess(),
      newRun: Effect.succeed(run),
    }),
  }))

const [directory, row, when] = process.argv.slice(2)
if (import.meta.main && directory !== undefined)
  await Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(
        deploymentsIn(directory, "killed", { row: Number(row), when: when === "before" ? "before" : "after" }),
        ({ deployments }) => deployments.run(request),
      ),
    ),
  )
