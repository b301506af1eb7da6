/** A planted secret is in the container that it is for, and nowhere else that WindFlow writes: not even when that container prints it and dies. */
import { composeDriver } from "@windflow/engine/driver/compose"
import { describeError } from "@windflow/engine/model"
import { makeRevisions } from "@windflow/engine/state"
import { openDocker, processSources, resolveEndpoint } from "@windflow/engine/transport"
import { defineStack, isError, secret, WindFlow } from "@windflow/sdk"
import { baseImages, docker } from "@windflow/testcontainers"
import { Effect } from "effect"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { bundle, clearBeds, makeBed } from "./bed.ts"

const planted = "canary-7f3a1c-do-not-print"
const env = process.env["DOCKER_HOST"] === undefined ? {} : { DOCKER_HOST: process.env["DOCKER_HOST"] }

let image = ""
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
})
afterAll(clearBeds)

/** The revision records of a project, decoded. */
const records = (project: string) =>
  Effect.gen(function* () {
    const { endpoint, config } = yield* Effect.fromResult(resolveEndpoint(undefined, processSources(env)))
    const api = yield* openDocker({ endpoint, config })
    const none = Effect.die("no secret is needed to read")
    const driver = composeDriver({
      api,
      secrets: { version: () => none, reveal: () => none },
      config,
      localFiles: true,
    })
    return yield* makeRevisions(driver.records).list(project)
  }).pipe(Effect.scoped, Effect.runPromise)

const filesUnder = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [name, readFileSync(path.join(parentPath, name), "latin1")]),
  )

it("must be in the container alone", { timeout: 120_000 }, async () => {
  const bed = await makeBed("canary")
  const told: Array<readonly [what: string, text: string]> = []
  const cli = async (argv: ReadonlyArray<string>, input?: string) => {
    const ran = await bed.windflow(argv, input === undefined ? {} : { input })
    told.push([`windflow ${argv.join(" ")}`, ran.out + ran.err])
    return ran
  }
  const stack = (command: ReadonlyArray<string>) =>
    defineStack(bed.project, {
      services: {
        db: {
          image,
          command,
          init: true,
          stop_grace_period: "0s",
          environment: { PASSWORD: secret("db"), OPEN: "yes" },
          healthcheck: { test: ["CMD", "true"], interval: "200ms", start_period: "10s", start_interval: "100ms" },
        },
      },
    })
  expect(await cli(["secret", "set", "db"], planted)).toMatchObject({ code: 0 })
  await using flow = await WindFlow.open({
    directory: bed.directory,
    config: false,
    stateDirectory: path.join(bed.directory, "state"),
    env,
  })

  const plan = await flow.plan(stack(["sleep", "1000"]))
  told.push(["plan text", plan.toString()], ["plan JSON", JSON.stringify(plan)])
  writeFileSync(path.join(bed.directory, "saved.plan"), JSON.stringify(plan))
  expect(await cli(["apply", "saved.plan", "--format", "json"])).toMatchObject({ code: 0 })
  const [id] = (await bed.ids()).values()
  const { Config } = await (await docker()).getContainer(id!).inspect()
  expect(Config.Env).toContain(`PASSWORD=${planted}`)
  expect(JSON.stringify({ ...Config, Env: [] })).not.toContain(planted)

  // The container's last words are a part of the error, and they are the secret.
  const dying = stack(["sh", "-c", 'echo "no entry with $PASSWORD" >&2; exit 3'])
  const thrown: unknown = await flow
    .up(dying, { onEvent: (event) => told.push([`event ${event._tag}`, JSON.stringify(event)]) })
    .catch((error: unknown) => error)
  expect(isError(thrown, "ContainerExited") && thrown.log).toContain("no entry with [secret]")
  if (!isError(thrown)) throw new Error(`no error of ours: ${String(thrown)}`)
  told.push(["error", `${thrown.message} ${JSON.stringify(thrown)} ${thrown.stack}`])
  for (const locale of ["en", "fr"] as const)
    told.push([`error ${locale}`, JSON.stringify(describeError(thrown, locale))])
  writeFileSync(path.join(bed.directory, "dying.plan"), JSON.stringify(await flow.plan(dying, { recreate: "force" })))
  for (const format of ["text", "json"])
    expect((await cli(["apply", "--replan", "dying.plan", "--format", format])).code).toBe(1)

  expect(await cli(["-p", bed.project, "rollback", "--to", "1"])).toMatchObject({ code: 0 })
  for (const verb of ["history", "ps"])
    for (const format of ["text", "json"]) await cli(["-p", bed.project, verb, "--format", format])
  await cli(["secret", "ls"])

  const stored = await records(bed.project)
  expect(stored.length).toBeGreaterThanOrEqual(3)
  told.push(["revision records", JSON.stringify(stored)])
  const { Volumes } = await (await docker()).listVolumes()
  told.push(["volumes", JSON.stringify(Volumes.filter(({ Name }) => Name.includes(bed.project)))])
  const files = filesUnder(bed.directory)
  expect(Object.keys(files).filter((name) => name.endsWith(".jsonl")).length).toBeGreaterThan(0)
  told.push(...Object.entries(files))

  expect(told.filter(([, text]) => text.includes(planted)).map(([what]) => what)).toEqual([])
})
