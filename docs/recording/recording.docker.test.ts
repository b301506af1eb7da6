/**
 * The recording of the README: `windflow up` is killed with SIGKILL half-way, and `windflow up` again goes on from there.
 * WINDFLOW_RECORD=1 writes it to docs/recording.cast and docs/recording.svg; else it is made and looked at only.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { baseImages, forgetDeployment } from "@windflow/testcontainers"
import { type Cast, toAsciicast, withoutPauses } from "./Cast.ts"
import { framesOf } from "./frames.ts"
import { toSvg } from "./svg.ts"
import { Session } from "./terminal.ts"

const size = { columns: 92, rows: 24 }
const root = join(import.meta.dirname, "..", "..")
const windflow = join(root, "packages", "cli", "src", "windflow.ts")

const healthcheck =
  "    healthcheck: { test: 'test -e /ready', interval: 1s, start_period: 20s, start_interval: 300ms }"
const service = (name: string, needs: string | undefined): string =>
  [
    `  ${name}:`,
    "    image: ${BUSYBOX_IMAGE:-busybox:1.37}",
    "    command: sh -c 'sleep 1; touch /ready; exec tail -f /dev/null'",
    "    stop_signal: SIGKILL",
    healthcheck,
    ...(needs === undefined ? [] : [`    depends_on: { ${needs}: { condition: service_healthy } }`]),
    "",
  ].join("\n")

it("goes on after kill -9, on the record", async () => {
  const project = `shop-${randomUUID().slice(0, 8)}`
  const directory = mkdtempSync(join(tmpdir(), "windflow-recording-"))
  const { busybox } = await baseImages(["busybox"])
  writeFileSync(
    join(directory, "compose.yaml"),
    `services:\n${service("db", undefined)}${service("api", "db")}${service("web", "api")}${service("worker", "db")}`,
  )
  const environment = {
    ...process.env,
    LANG: "C.UTF-8",
    NO_COLOR: undefined,
    CI: undefined,
    BUSYBOX_IMAGE: busybox,
    COMPOSE_PROJECT_NAME: project,
    XDG_STATE_HOME: join(directory, "state"),
  }
  const session = new Session({ ...size, directory, environment })
  const run = (...argv: ReadonlyArray<string>) => [process.execPath, "--conditions=@windflow/source", windflow, ...argv]
  try {
    let killed = false
    session.type("windflow up")
    await session.run(run("up"), (output, kill) => {
      // The first service is healthy and others are on their way.
      if (killed || !/[✓✔].*\bdb\b/.test(output) || !/\bapi\b/.test(output)) return
      killed = true
      kill()
    })
    assert.isTrue(killed)
    session.type("# that was kill -9, half-way. Once more:")
    session.type("windflow up")
    const resumed = await session.run(run("up"))
    assert.match(resumed, /resum|goes on|continu/i)
    session.type("windflow up")
    const again = await session.run(run("up"))
    assert.include(again, "nothing was changed")
    const listed = await session.run(run("ps", "--format", "json"))
    for (const name of ["db", "api", "web", "worker"])
      assert.lengthOf(listed.match(new RegExp(`"service": ?"${name}"`, "g")) ?? [], 1)
    // The list was for the test alone.
    while (session.chunks.length > 0 && !session.chunks.at(-1)!.text.includes("nothing was changed"))
      session.chunks.pop()

    const cast: Cast = withoutPauses(
      {
        ...size,
        title: "windflow up survives kill -9",
        chunks: session.chunks.map(({ at, text }) => ({ at, text: text.replaceAll(project, "shop") })),
      },
      1.5,
    )
    const frames = await framesOf(cast)
    assert.isAbove(frames.length, 5)
    const svg = toSvg(frames, { ...size, title: cast.title, rest: 4 })
    if (process.env["WINDFLOW_RECORD"] === "1") {
      writeFileSync(join(root, "docs", "recording.cast"), toAsciicast(cast))
      writeFileSync(join(root, "docs", "recording.svg"), svg)
    }
  } finally {
    await session.run(run("-p", project, "down"))
    await forgetDeployment(project)
    rmSync(directory, { recursive: true, force: true })
  }
})
