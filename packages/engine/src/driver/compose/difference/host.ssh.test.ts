// The difference suite on a real host: ours over an SSH connection, Compose 5.5.0 over a socket that leads through the same one.
import { createServer } from "node:net"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { baseImages, composeReference, type Host, orSkip, startHost } from "@windflow/testcontainers"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { engineOf } from "../../../transport/ssh/sshBed.ts"
import type { Dial } from "../../../transport/EngineHttp.ts"
import { openBed } from "../testBed.ts"
import { awaiting } from "./awaiting.ts"
import { compared } from "./compared.ts"
import { divergences } from "./divergences.ts"
import { builds, type Subject, subjects } from "./Subject.ts"

/** What does without files of this machine, which Compose does not bring there, and without builds. */
const stays = (subject: Subject): boolean =>
  !builds(subject) &&
  subject.files === undefined &&
  !awaiting.includes(subject.name) &&
  !/file:|\.\//.test(subject.compose)
const few = ["depends-started", "depends-healthy", "one-shot", "environment", "scale", "aliases-and-priorities"]
const nightly = process.env["WINDFLOW_NIGHTLY"] === "1"
const chosen = subjects.filter((subject) => (nightly ? stays(subject) : few.includes(subject.name)))

let host: Host
let busybox = ""
let dial: Dial
let socket = ""
const directory = mkdtempSync(join(tmpdir(), "windflow-diff-ssh-"))
const scope = Scope.makeUnsafe()
const before = process.env["DOCKER_HOST"]

/** Connects every client of a socket of this machine to the host's engine. */
const server = createServer((client) => {
  const far = dial()
  client.pipe(far).pipe(client)
  for (const one of [client, far]) one.on("error", () => [client, far].forEach((each) => each.destroy()))
  client.on("close", () => far.destroy())
  far.on("close", () => client.destroy())
})

beforeAll(async () => {
  ;[host, { busybox }] = await Promise.all([startHost({ docker: true }), baseImages(["busybox"])])
  await host.loadImage(busybox)
  const { ssh } = await Effect.runPromise(Scope.provide(engineOf(host), scope))
  dial = ssh.dial
  socket = join(directory, "engine.sock")
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  // Where the suite looks, and Compose.
  process.env["DOCKER_HOST"] = `unix://${socket}`
})
afterAll(async () => {
  if (before === undefined) delete process.env["DOCKER_HOST"]
  else process.env["DOCKER_HOST"] = before
  server.close()
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await host?.remove()
  rmSync(directory, { recursive: true, force: true })
})

test("the six of every run are there", () => {
  expect(subjects.filter(({ name }) => few.includes(name))).toHaveLength(few.length)
})

for (const subject of chosen)
  test(`${subject.section}: ${subject.name}`, { timeout: 600_000 }, async (context) => {
    const { binary } = orSkip(await composeReference(), context)
    const project = `windflow-host-${subject.name}`
    const differences = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(openBed(undefined, undefined, { dial }), (bed) =>
          compared(subject, project, busybox, bed, { binary, env: {} }),
        ),
      ),
    )
    const listed = divergences
      .filter(({ subject: name }) => name === subject.name)
      .flatMap(({ paths }) => paths.map((path) => path.replace("$", project)))
    expect(differences.filter(({ path }) => !listed.some((known) => path.startsWith(known)))).toEqual([])
  })
