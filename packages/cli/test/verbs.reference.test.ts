/** Compose's verbs by `windflow` as users start it, beside Docker Compose 5.5.0 on the same deployment: what each does, and prints. */
import { baseImages, composeReference, docker } from "@windflow/testcontainers"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, entry, makeBed } from "./bed.ts"

const built = await composeReference()
const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"] ?? ("binary" in built ? built.binary : undefined)
if (reference === undefined) console.warn("skipped: there is no Docker Compose 5.5.0")

let image = ""
let bed: Bed
const service = (more: string) => `
    image: ${image}
    init: true
    stop_grace_period: 0s
    command: ["sleep", "1000"]
${more}`

const stack = () => `services:
  web:${service(`    ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]
    restart: unless-stopped
    labels: { a: b }
    environment: { LEVEL: info }
    volumes: ["data:/data"]
    networks: { default: { aliases: [site] } }
    depends_on: { db: { condition: service_started, restart: true } }`)}
  db:${service("    networks: [default]")}
  job:${service(`    profiles: [job]`)}
volumes: { data: {} }
`

const compose = (...argv: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(reference ?? "", [...argv], {
    cwd: bed.directory,
    env: { ...process.env, ...bed.env, COMPOSE_MENU: "0" },
    encoding: "utf8",
  })
  return { code: status, out: stdout, err: stderr }
}
const windflow = async (...argv: ReadonlyArray<string>) => bed.windflow(argv)

/** A table as cells: tools differ in the width of columns. */
const cells = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/\s{2,}/))

/** Of `top`, what stands still between two looks: not the share of a processor, nor the time used. */
const processes = (text: string) => {
  const [head = [], ...rows] = cells(text)
  const moving = new Set([head.indexOf("C"), head.indexOf("TIME")])
  return [head, ...rows].map((row) => row.filter((_, column) => !moving.has(column)))
}

const inspected = async (name: string) => (await docker()).getContainer(name).inspect()
const startedAt = async (name: string) => (await inspected(name)).State.StartedAt

beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
  bed = await makeBed("verbs")
  bed.write(stack())
  const { code, err } = await windflow("up")
  if (code !== 0) throw new Error(err)
})
afterAll(clearBeds)

describe.skipIf(reference === undefined)("beside docker compose", () => {
  const named = (name: string) => `${bed.project}-${name}-1`
  const states = () =>
    Object.fromEntries(
      compose("ps", "-a", "--format", "{{.Name}} {{.State}}")
        .out.trim()
        .split("\n")
        .map((line) => line.split(" ")),
    ) as Record<string, string>

  it("must read the same: ps, images, top, port", async () => {
    for (const verb of [["ps"], ["ps", "-a"]]) {
      const ours = cells((await windflow(...verb)).out)
      const theirs = cells(compose(...verb).out)
      // Ages are a second apart, and one tool prints one space where a column ends.
      const timeless = (rows: ReadonlyArray<ReadonlyArray<string>>) =>
        rows.map(([name, image, command, service, _age, _status, ports]) => [name, image, command, service, ports])
      expect(timeless(ours)).toEqual(timeless(theirs))
    }
    expect((await windflow("ps", "--services")).out).toBe(compose("ps", "--services").out)
    expect((await windflow("ps", "-q")).out.split("\n").sort()).toEqual(compose("ps", "-q").out.split("\n").sort())
    expect((await windflow("ps", "--status", "paused", "-q")).out.trim()).toBe(
      compose("ps", "--status", "paused", "-q").out.trim(),
    )
    const ageless = (text: string) => cells(text).map((row) => row.slice(0, -1))
    expect(ageless((await windflow("images")).out)).toEqual(ageless(compose("images").out))
    expect((await windflow("images", "-q")).out).toBe(compose("images", "-q").out)
    expect(processes((await windflow("top")).out)).toEqual(processes(compose("top").out))
    expect((await windflow("port", "web", "80")).out).toBe(compose("port", "web", "80").out)
    expect((await windflow("port", "--protocol", "udp", "web", "53")).out).toBe(
      compose("port", "--protocol", "udp", "web", "53").out,
    )
    expect(await windflow("port", "web", "81")).toMatchObject({ code: 4 })
  })

  it("must read the same of several replicas, each by its --index", async () => {
    expect(await windflow("up", "--scale", "web=2")).toMatchObject({ code: 0 })
    const since = new Date().toISOString()
    const ageless = (text: string) => cells(text).map((row) => row.slice(0, -1))
    expect(ageless((await windflow("images")).out)).toEqual(ageless(compose("images").out))
    expect(processes((await windflow("top")).out)).toEqual(processes(compose("top").out))
    for (const index of ["1", "2"]) {
      const port = ["port", "--index", index, "web", "80"]
      const hostname = ["exec", "-T", "--index", index, "web", "hostname"]
      for (const verb of [port, hostname]) {
        const ours = await windflow(...verb)
        expect({ verb, ...ours, out: ours.out }).toMatchObject({ verb, code: 0, out: compose(...verb).out })
      }
    }
    expect((await windflow("port", "--index", "1", "web", "80")).out).not.toBe(
      (await windflow("port", "--index", "2", "web", "80")).out,
    )
    expect(await windflow("port", "--index", "3", "web", "80")).toMatchObject({ code: 4 })
    expect(await windflow("restart", "-t", "5", "--no-deps", "web")).toMatchObject({ code: 0 })
    const until = new Date(Date.now() + 1000).toISOString()
    const told = (out: string) =>
      out
        .trim()
        .split("\n")
        .filter((line) => line.includes('"restart"'))
        .map((line) => JSON.parse(line) as { service: string; id: string; attributes: { name: string } })
        .map(({ service, id, attributes }) => ({ service, id, name: attributes.name }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const events = ["events", "--json", "--since", since, "--until", until, "web"]
    const ours = told((await windflow(...events)).out)
    expect(ours.map(({ name }) => name)).toEqual([1, 2].map((number) => `${bed.project}-web-${number}`))
    expect(ours).toEqual(told(compose(...events).out))
    expect(await windflow("up")).toMatchObject({ code: 0 })
  })

  it("must stop, start, restart, kill and remove what compose then shows as it is", async () => {
    const revisions = (await windflow("history", "--format", "json")).out
    expect(await windflow("stop", "-t", "5", "web")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("db")]: "running", [named("web")]: "exited" })
    expect(await windflow("stop", "-t", "5")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("db")]: "exited", [named("web")]: "exited" })
    expect((await windflow("stop")).out).toContain("nothing was changed")

    // What web depends on comes along.
    expect(await windflow("start", "web")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("db")]: "running", [named("web")]: "running" })

    const before = { db: await startedAt(named("db")), web: await startedAt(named("web")) }
    expect(await windflow("restart", "-t", "5", "--no-deps", "db")).toMatchObject({ code: 0 })
    expect(await startedAt(named("db"))).not.toBe(before.db)
    expect(await startedAt(named("web"))).toBe(before.web)
    expect(await windflow("restart", "-t", "5", "db")).toMatchObject({ code: 0 })
    expect(await startedAt(named("web"))).not.toBe(before.web)

    expect(await windflow("kill", "-s", "SIGTERM", "db")).toMatchObject({ code: 0 })
    await (await docker()).getContainer(named("db")).wait()
    expect(await windflow("kill", "db")).toMatchObject({ code: 0 })
    expect(await windflow("rm", "-f")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("web")]: "running" })
    expect(await windflow("rm", "-f", "-s", "web")).toMatchObject({ code: 0 })
    expect(compose("ps", "-aq").out.trim()).toBe("")
    expect((await windflow("history", "--format", "json")).out).toBe(revisions)

    expect(await windflow("up")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("db")]: "running", [named("web")]: "running" })
  })

  it("must make the one-off container that compose makes", async () => {
    const name = `${bed.project}-once`
    const made = async (run: (...argv: ReadonlyArray<string>) => unknown, ...argv: ReadonlyArray<string>) => {
      await run("run", "-d", "--name", name, ...argv)
      const { Config, HostConfig, NetworkSettings, Mounts } = await inspected(name)
      await (await docker()).getContainer(name).remove({ force: true })
      const { Hostname: _hostname, Labels, Env, ...config } = Config
      const labels = Object.entries(Labels).filter(
        ([label]) => !label.startsWith("windflow.") && label !== "com.docker.compose.slug",
      )
      expect(Labels["com.docker.compose.slug"]).toMatch(/^[0-9a-f]{64}$/)
      const endpoints = Object.entries(NetworkSettings.Networks).map(([network, { Aliases }]) => [network, Aliases])
      // Compose has variables and binds, and the engine mounts, in the chance order of a map.
      const mounts = Mounts.toSorted((a, b) => (a.Destination < b.Destination ? -1 : 1))
      const host = { ...HostConfig, Binds: HostConfig.Binds?.toSorted() }
      return { config, variables: Env.toSorted(), labels: Object.fromEntries(labels), host, endpoints, mounts }
    }
    const variants: ReadonlyArray<ReadonlyArray<string>> = [
      ["web"],
      ["-l", "x=y", "-e", "LEVEL=debug", "-e", "MORE=1", "-u", "1000", "-w", "/tmp", "web", "echo", "hi"],
      ["-p", "127.0.0.1::8080/tcp", "-v", "/tmp:/host:ro", "--cap-add", "NET_ADMIN", "--use-aliases", "web", "true"],
      ["-P", "--entrypoint", "sh -c", "--cap-drop", "NET_RAW", "web", "exit 0"],
      ["--rm", "--no-deps", "web", "sleep", "1000"],
    ]
    for (const variant of variants) {
      const theirs = await made((...argv) => compose(...argv), ...variant)
      expect({ variant, ...(await made(windflow, ...variant)) }).toEqual({ variant, ...theirs })
    }
    const { out } = await windflow("run", "-d", "db", "true")
    expect((await inspected(out.trim())).Name).toMatch(new RegExp(`^/${bed.project}-db-run-[0-9a-f]{12}$`))
    expect((await windflow("ps", "-a")).out).toMatch(/-db-run-[0-9a-f]{12} /)
    expect((await windflow("ps")).out).not.toContain("-db-run-")
    await (await docker()).getContainer(out.trim()).remove({ force: true })
  })

  it("must talk with the command: input and its end, both outputs, its exit code, signals", async () => {
    const both = ["run", "--rm", "-T", "db", "sh", "-c", "cat; echo err >&2; exit 7"]
    const ours = await bed.windflow(both, { input: "one\ntwo\n" })
    const theirs = spawnSync(reference ?? "", both, { cwd: bed.directory, input: "one\ntwo\n", encoding: "utf8" })
    expect(ours).toMatchObject({ code: 7, out: "one\ntwo\n", err: "err\n" })
    expect({ code: theirs.status, out: theirs.stdout }).toEqual({ code: ours.code, out: ours.out })

    // The command decides what a signal means; the exit code is its own.
    const trapping = spawn(
      process.execPath,
      [entry, "run", "--rm", "db", "sh", "-c", "trap 'exit 42' TERM; echo ready; while :; do sleep 0.1; done"],
      { cwd: bed.directory, env: bed.env, stdio: ["ignore", "pipe", "inherit"] },
    )
    trapping.stdout.setEncoding("utf8").once("data", () => trapping.kill("SIGTERM"))
    expect((await once(trapping, "close"))[0]).toBe(42)
    expect((await windflow("ps", "-aq", "db")).out.trim().split("\n")).toHaveLength(1)
  })

  it("must start what the service depends on, once, and leave the service itself alone", async () => {
    compose("rm", "-fs", "web", "db")
    expect(await windflow("run", "--rm", "web", "true")).toMatchObject({ code: 0 })
    expect(states()).toEqual({ [named("db")]: "running" })
    expect(await windflow("up")).toMatchObject({ code: 0 })
  })

  it("must run a detached command in a container and tell what happened to it", async () => {
    const since = new Date().toISOString()
    const file = path.join("/data", "detached")
    expect(await windflow("exec", "-d", "web", "touch", file)).toMatchObject({ code: 0, out: "" })
    const there = ["exec", "-T", "web", "sh", "-c", `until [ -e ${file} ]; do sleep 0.1; done; echo yes`]
    expect(await windflow(...there)).toMatchObject({ code: 0, out: "yes\n" })
    expect(await windflow("restart", "-t", "5", "web")).toMatchObject({ code: 0 })
    const until = new Date(Date.now() + 1000).toISOString()
    const ours = await windflow("events", "--json", "--since", since, "--until", until, "web")
    const theirs = compose("events", "--json", "--since", since, "--until", until, "web")
    const told = (out: string) =>
      out
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { action: string; service: string; id: string; type: string })
        .map(({ action, service, id, type }) => ({ action, service, id, type }))
    // The engine remembers 256 events, and others work on it too: the later reader may miss the first ones.
    const later = told(theirs.out)
    expect(told(ours.out).slice(-later.length)).toEqual(later)
    expect(told(ours.out).map(({ action }) => action)).toContain("restart")
  })

  it("must refuse by name what it does not have", async () => {
    for (const argv of [
      ["up", "--menu"],
      ["run", "--dry-run", "web"],
      ["kill", "--remove-orphans"],
      ["build", "--builder", "x"],
    ]) {
      const { code, err } = await windflow(...argv)
      expect(code).toBe(3)
      expect(err).toContain(argv[1])
    }
  })

  it("must forget its record and nothing else", async () => {
    const containers = await bed.ids()
    const volumes = async () =>
      (await (await docker()).listVolumes()).Volumes.filter(
        ({ Name }) => Name.startsWith("windflow.") && Name.includes(bed.project),
      )
    expect(await volumes()).not.toEqual([])
    expect(await windflow("forget")).toMatchObject({ code: 0 })
    expect(await volumes()).toEqual([])
    const tags = await (await docker()).listImages({ filters: { reference: [`windflow/${bed.project}/*`] } })
    expect(tags).toEqual([])
    expect(await bed.ids()).toEqual(containers)
    expect((await windflow("history", "--format", "json")).out.trim()).toBe("[]")
    // The next one takes over what is there.
    expect((await windflow("up")).out).toContain("nothing was changed")
    expect(await bed.ids()).toEqual(containers)
  })

  it("must remove images with down --rmi as compose does: all that were used, or only those without a name of their own", async () => {
    const engine = await docker()
    const own = `${bed.project}-local`
    const names = [`${bed.project}-web`, `${own}:1`]
    const there = async () => {
      const images = await engine.listImages({ filters: { reference: names } })
      return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith(bed.project))
    }
    const tagged = async () => {
      await engine.getImage(image).tag({ repo: `${bed.project}-web`, tag: "latest" })
      await engine.getImage(image).tag({ repo: own, tag: "1" })
    }
    const deployed = `services:
  web: { build: ., pull_policy: never, init: true, stop_grace_period: 0s, command: [sleep, "1000"] }
  db: { image: "${own}:1", init: true, stop_grace_period: 0s, command: [sleep, "1000"] }
`
    bed.write(deployed)
    for (const [mode, left] of [
      ["local", [`${own}:1`]],
      ["all", []],
    ] as const)
      for (const [tool, up] of [
        ["compose", () => compose("up", "-d", "--no-build", "--remove-orphans")],
        ["windflow", () => windflow("up", "--no-build", "--remove-orphans")],
      ] as const) {
        await tagged()
        expect(await up()).toMatchObject({ code: 0 })
        const down = tool === "compose" ? compose : windflow
        expect(await down("down", "-t", "0", "--rmi", mode)).toMatchObject({ code: 0 })
        expect({ tool, mode, left: await there() }).toEqual({ tool, mode, left })
        await Promise.all(left.map((name) => engine.getImage(name).remove()))
      }
  })
})
