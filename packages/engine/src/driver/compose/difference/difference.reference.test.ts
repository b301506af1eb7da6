/** Every subject, deployed and edited by Docker Compose 5.5.0 and by us: equal, or listed with the reason why not. */
import { baseImages, composeReference, forgetDeployment, orSkip, session } from "@windflow/testcontainers"
import { Cause, Effect, Exit, Semaphore } from "effect"
import { beforeAll, describe, expect, test } from "vitest"
import { Unsupported } from "../../../model/errors/union.ts"
import { openBed } from "../testBed.ts"
import { awaiting } from "./awaiting.ts"
import { compared } from "./compared.ts"
import { divergences } from "./divergences.ts"
import { type Subject, subjects } from "./Subject.ts"

let busybox = ""
const projectOf = (subject: Subject) => `windflow-diff-${subject.name}`

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  const reaper = await session()
  for (const subject of subjects) reaper.addProject(projectOf(subject))
})

/** Each subject is a project of its own and mostly waits for the engine. */
const lanes = Semaphore.makeUnsafe(3)

const differencesOf = (subject: Subject, binary: string) =>
  Effect.runPromiseExit(
    lanes.withPermits(1)(
      Effect.scoped(Effect.flatMap(openBed(), (bed) => compared(subject, projectOf(subject), busybox, bed, binary))),
    ),
  ).finally(() => forgetDeployment(projectOf(subject)))

describe.concurrent("equal to Docker Compose 5.5.0", () => {
  for (const subject of subjects)
    test(`${subject.section}: ${subject.name}`, { timeout: 600_000 }, async (context) => {
      const { binary } = orSkip(await composeReference(), context)
      const result = await differencesOf(subject, binary)
      if (awaiting.includes(subject.name)) {
        const error = Exit.isFailure(result) ? Cause.squash(result.cause) : undefined
        expect(error, "this is deployed by now: take it from the list").toBeInstanceOf(Unsupported)
        return
      }
      if (Exit.isFailure(result)) throw Cause.squash(result.cause)
      const listed = divergences.filter(({ subject: name }) => name === subject.name).flatMap(({ paths }) => paths)
      expect(result.value.filter(({ path }) => !listed.some((known) => path.startsWith(known)))).toEqual([])
      const vanished = listed.filter((known) => !result.value.some(({ path }) => path.startsWith(known)))
      expect(vanished, "these no longer happen: take them from the list").toEqual([])
    })
})
