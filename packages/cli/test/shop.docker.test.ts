/** `windflow` as a person uses it, on a real engine: deploy, nothing to do, edit, remove; errors with their codes; locks. */
import { baseImages, composeReference, orSkip } from "@windflow/testcontainers"
import { execFileSync } from "node:child_process"
import { chmodSync } from "node:fs"
import { createServer, type Server } from "node:net"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed, shop } from "./bed.ts"

let image = ""
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
})
afterAll(clearBeds)

const names = (bed: Bed, ...services: ReadonlyArray<string>) =>
  services.map((service) => `${bed.project}-${service}-1 running`)

describe("a stack of three services", () => {
  it("must end healthy; again, nothing is touched; an edit recreates that one and says why; down leaves volumes only", async () => {
    const bed = await makeBed("life")
    bed.write(shop(image))
    const first = await bed.windflow(["up"])
    expect(first.err).not.toContain("error")
    expect(first).toMatchObject({ code: 0 })
    expect(await bed.containers()).toEqual(names(bed, "api", "db", "web"))
    expect((await bed.windflow(["ps"])).out.match(/\(healthy\)/g)).toHaveLength(3)

    const before = await bed.ids()
    const again = await bed.windflow(["up"])
    expect(again).toMatchObject({ code: 0, err: "" })
    expect(again.out).toContain("nothing was changed")
    expect(await bed.ids()).toEqual(before)

    bed.write(shop(image, { api: "2000" }))
    const plan = await bed.windflow(["plan", "--detailed-exitcode"])
    expect(plan.code).toBe(2)
    expect(plan.out).toMatch(/replace\s+service:api:1 .*command/)
    expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
    const after = await bed.ids()
    expect(after.get(`${bed.project}-api-1`)).not.toBe(before.get(`${bed.project}-api-1`))
    expect(after.get(`${bed.project}-db-1`)).toBe(before.get(`${bed.project}-db-1`))
    expect(after.get(`${bed.project}-web-1`)).toBe(before.get(`${bed.project}-web-1`))

    expect(await bed.windflow(["rollback"])).toMatchObject({ code: 0 })
    expect((await bed.windflow(["history", "--format", "json"])).out).toContain('"number":3')
    expect((await bed.windflow(["plan"])).out).toContain("service:api:1")

    expect(await bed.windflow(["down"])).toMatchObject({ code: 0 })
    expect(await bed.containers()).toEqual([])
    expect(await bed.networks()).toEqual([])
    expect(await bed.volumes()).toContain(`${bed.project}_data`)
    expect((await bed.windflow(["history", "--format", "json"])).out).toContain('"number":4')
  })

  it("must be visible to docker compose and removable by it in between", async (context) => {
    const { binary } = orSkip(await composeReference(), context)
    const bed = await makeBed("between")
    bed.write(shop(image))
    expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
    const compose = (...argv: ReadonlyArray<string>) =>
      execFileSync(binary, ["-p", bed.project, ...argv], { cwd: bed.directory, encoding: "utf8", stdio: "pipe" })
    const before = await bed.ids()
    expect(compose("ps", "--services").trim().split("\n").sort()).toEqual(["api", "db", "web"])
    compose("up", "-d")
    expect(await bed.ids()).toEqual(before)
    compose("down", "-t", "0")
    expect(await bed.containers()).toEqual([])
    expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
    expect(await bed.containers()).toEqual(names(bed, "api", "db", "web"))
  })

  it("must return with -d before it is healthy, when everything is started", async () => {
    const bed = await makeBed("detached")
    bed.write(
      `services:\n  web:\n    image: ${image}\n    command: ["sleep", "1000"]\n    init: true\n    stop_grace_period: 0s\n    healthcheck: { test: ["CMD", "false"], interval: 60s, start_period: 60s }\n`,
    )
    expect(await bed.windflow(["up", "-d"])).toMatchObject({ code: 0 })
    expect(await bed.containers()).toEqual(names(bed, "web"))
  })
})

describe("two ups at once", () => {
  it("must let one work and tell the other who and since when; the lock of a dead process is taken over at once", async () => {
    const bed = await makeBed("locked")
    // Never healthy: the first run holds the lock until it is killed.
    bed.write(shop(image, { health: "false" }))
    const working = Promise.withResolvers<(signal: NodeJS.Signals) => void>()
    const first = bed.windflow(["up"], {
      onErr: (err, kill) => {
        if (err.includes("create service:db:1")) working.resolve(kill)
      },
    })
    const kill = await working.promise
    const refused = await bed.windflow(["up"])
    kill("SIGKILL")
    expect((await first).signal).toBe("SIGKILL")
    expect(refused.code).toBe(4)
    expect(refused.err).toMatch(/is being changed by \S+@\S+ since \d{4}-/)

    bed.write(shop(image))
    const resumed = await bed.windflow(["up"])
    expect(resumed.code).toBe(0)
    expect(resumed.err).toContain("Resuming an unfinished run")
    expect(await bed.containers()).toEqual(names(bed, "api", "db", "web"))
  })
})

describe("what goes wrong", () => {
  it("must be one message with place, cause and remedy, the documented code, and nothing changed", async () => {
    const bed = await makeBed("wrong")
    const cycle = `services:\n  a: { image: "${image}", depends_on: [b] }\n  b: { image: "${image}", depends_on: [a] }\n`
    const absent = "services:\n  web:\n    image: windflow-test/absent:1\n    pull_policy: never\n"
    const cases = [
      {
        file: shop(image),
        argv: ["-t", `unix://${bed.directory}/absent.sock`, "up"],
        code: 5,
        text: "No Docker engine",
      },
      { file: "services:\n  web:\n    image: [\n", argv: ["up"], code: 3, text: "compose.yaml:" },
      { file: cycle, argv: ["up"], code: 3, text: "compose.yaml:" },
      { file: absent, argv: ["up"], code: 1, text: "windflow-test/absent:1" },
    ]
    for (const { file, argv, code, text } of cases) {
      bed.write(file)
      const ran = await bed.windflow(argv)
      expect(ran.err).toContain(text)
      expect(ran.err.match(/^error:/gm)).toHaveLength(1)
      expect(ran.err.match(/^what to do:/gm)).toHaveLength(1)
      expect(ran.code).toBe(code)
      expect(await bed.containers()).toEqual([])
    }
  })

  it("must name a socket that may not be used, and the remedy", async () => {
    const bed = await makeBed("forbidden")
    bed.write(shop(image))
    const socket = path.join(bed.directory, "docker.sock")
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once("listening", resolve))
    chmodSync(socket, 0o000)
    const ran = await bed.windflow(["-t", `unix://${socket}`, "ps"], { boundByModes: true })
    server.close()
    expect(ran.err).toContain("usermod -aG docker")
    expect(ran.code).toBe(5)
  })

  it("must say which port is in use, and converge when it is free", async () => {
    const holder = await new Promise<Server>((resolve) => {
      const server = createServer()
      server.listen(0, "127.0.0.1", () => resolve(server))
    })
    const address = holder.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    const bed = await makeBed("port")
    bed.write(shop(image, { port: address.port }))
    const refused = await bed.windflow(["up"])
    expect(refused.err).toContain(`Port 127.0.0.1:${address.port} of service web is in use`)
    expect(refused.code).toBe(1)
    await new Promise((resolve) => holder.close(resolve))
    const free = await bed.windflow(["up"])
    expect(free.code).toBe(0)
    expect(free.out).toContain(`http://127.0.0.1:${address.port}`)
    expect(await bed.containers()).toEqual(names(bed, "api", "db", "web"))
  })
})

describe("Ctrl-C", () => {
  it("must stop between operations with 130 and leave a state that the next up resumes", async () => {
    const bed = await makeBed("interrupted")
    bed.write(shop(image, { health: "false" }))
    let sent = false
    const stopped = await bed.windflow(["up"], {
      onErr: (err, kill) => {
        if (sent || !err.includes("create service:db:1")) return
        sent = true
        kill("SIGINT")
      },
    })
    expect(stopped.code).toBe(130)
    expect(stopped.err).toContain("was cancelled after")
    bed.write(shop(image))
    expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
    expect(await bed.containers()).toEqual(names(bed, "api", "db", "web"))
  })
})

describe("logs and exec", () => {
  it("must tell what services print and run commands with their exit codes and arguments as they are", async () => {
    const bed = await makeBed("logs")
    bed.write(
      `services:\n  web:\n    image: ${image}\n    init: true\n    stop_grace_period: 0s\n    command: ["sh", "-c", "echo grüße-1; echo two >&2; exec sleep 1000"]\n`,
    )
    expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
    const logs = await bed.windflow(["logs"])
    expect(logs.out).toContain("web-1 | grüße-1")
    expect(logs.out).toContain("web-1 | two")
    const exec = await bed.windflow(["exec", "-T", "web", "sh", "-c", 'echo "$1"; exit 7', "x", "a b; $HOME"])
    expect(exec).toMatchObject({ code: 7, out: "a b; $HOME\n" })
    // A standard input that stays open, as a terminal's does, must not keep the command alive.
    expect(await bed.windflow(["exec", "-T", "web", "true"], { openInput: true })).toMatchObject({ code: 0 })
    const upper = await bed.windflow(["exec", "-T", "web", "tr", "a-z", "A-Z"], { input: "grow\n" })
    expect(upper).toMatchObject({ code: 0, out: "GROW\n" })
  })
})
