/**
 * A process that deploys a step of a subject and kills itself at a row of its journal:
 * `node crash.fixture.ts SUBJECT STEP DIRECTORY PROJECT BUSYBOX JOURNAL ROW before|after`.
 */
import { Effect } from "effect"
import { makeDeployments } from "../../../execute/makeDeployments.ts"
import { makeFileJournal } from "../../../state/fileJournal.ts"
import { thisProcess } from "../../../state/owner.ts"
import { crashingJournal, killThisProcess } from "../../../testing/index.ts"
import { openDriver } from "../../Driver.ts"
import { openBed } from "../testBed.ts"
import { type Step, type Subject, subjects } from "./Subject.ts"
import { requestIn } from "./world.ts"

export const target = { name: "local", type: "docker", driver: "compose", endpoints: ["docker://local"] } as const

export const subjectNamed = (name: string): Subject => {
  const found = subjects.find((subject) => subject.name === name)
  if (found === undefined) throw new Error(`there is no subject ${name}`)
  return found
}

const [name = "", step, directory = "", project = "", busybox = "", journal = "", row, when] = process.argv.slice(2)
if (import.meta.main)
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { driver } = yield* openBed()
        const deployments = makeDeployments({
          driver: openDriver(driver),
          target,
          journal: crashingJournal(
            yield* makeFileJournal(journal),
            { row: Number(row), when: when === "before" ? "before" : "after" },
            killThisProcess,
          ),
          owner: thisProcess(),
        })
        const at: Step = step === "edited" ? "edited" : "first"
        const request = yield* requestIn(subjectNamed(name), at, directory, project, busybox)
        yield* deployments.run(request, { concurrency: 1 })
      }),
    ),
  )
