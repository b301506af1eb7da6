/** Every subject, deployed and edited by Docker Compose 5.5.0 and by us: equal, or listed with the reason why not. */
import { rmSync } from "node:fs"
import {
  baseImages,
  composeReference,
  configWithBuildx,
  docker,
  forgetDeployment,
  orSkip,
  session,
} from "@windflow/testcontainers"
import { Cause, Effect, Exit, Semaphore } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { Unsupported } from "../../../model/errors/union.ts"
import { openBed } from "../testBed.ts"
import { awaiting } from "./awaiting.ts"
import type { Difference } from "./comparable.ts"
import { compared } from "./compared.ts"
import { divergences } from "./divergences.ts"
import { builds, type Subject, subjects } from "./Subject.ts"
import type { Reference } from "./world.ts"

let busybox = ""
let apiVersion = ""
/** Compose builds with it. */
let buildx: ReturnType<typeof configWithBuildx>
const projectOf = (subject: Subject) => `windflow-diff-${subject.name}`

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  apiVersion = (await (await docker()).version()).ApiVersion
  buildx = configWithBuildx()
  const reaper = await session()
  for (const subject of subjects) reaper.addProject(projectOf(subject))
})

afterAll(async () => {
  const made = await buildx
  if ("folder" in made) rmSync(made.folder, { recursive: true, force: true })
})

/** Each subject is a project of its own and mostly waits for the engine. */
const lanes = Semaphore.makeUnsafe(3)

const differencesOf = (subject: Subject, reference: Reference) =>
  Effect.runPromiseExit(
    lanes.withPermits(1)(
      Effect.scoped(Effect.flatMap(openBed(), (bed) => compared(subject, projectOf(subject), busybox, bed, reference))),
    ),
  ).finally(() => forgetDeployment(projectOf(subject)))

/** `1.45` before `1.48`. */
const engineCan = ({ since }: Subject): boolean =>
  since === undefined || since.localeCompare(apiVersion, undefined, { numeric: true }) <= 0

/** What is wrong: differences that are not listed, listed ones that do not happen, and stacks that are awaited in vain. */
const wrongIn = (subject: Subject, result: Exit.Exit<ReadonlyArray<Difference>, unknown>): ReadonlyArray<unknown> => {
  const error = Exit.isFailure(result) ? Cause.squash(result.cause) : undefined
  if (awaiting.includes(subject.name) || !engineCan(subject))
    return error instanceof Unsupported ? [] : [error ?? "this is deployed, and was to be refused"]
  if (Exit.isFailure(result)) return [error]
  const listed = divergences
    .filter(({ subject: name }) => name === subject.name)
    .flatMap(({ paths }) => paths.map((path) => path.replace("$", projectOf(subject))))
  return [
    ...result.value.filter(({ path }) => !listed.some((known) => path.startsWith(known))),
    ...listed
      .filter((known) => !result.value.some(({ path }) => path.startsWith(known)))
      .map((known) => `${known} is listed as a difference and is none`),
  ]
}

describe.concurrent("equal to Docker Compose 5.5.0", () => {
  for (const subject of subjects)
    test(`${subject.section}: ${subject.name}`, { timeout: 600_000 }, async (context) => {
      const { binary } = orSkip(await composeReference(), context)
      const env = builds(subject) ? { DOCKER_CONFIG: orSkip(await buildx, context).folder } : {}
      expect(wrongIn(subject, await differencesOf(subject, { binary, env }))).toEqual([])
    })
})
