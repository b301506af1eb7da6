/** What breaks on the way to a host, or there: a typed error with a remedy, a journal that is whole, and a next run that converges. */
import { defineStack, target, type Target, WindFlow, type WindFlowError } from "@windflow/sdk"
import { baseImages, type Host, type Proxy, startHost, startProxy, until } from "@windflow/testcontainers"
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"

let host: Host
let proxy: Proxy
let image = ""
let flow: WindFlow
let stateDirectory = ""

beforeAll(async () => {
  ;[host, { busybox: image }] = await Promise.all([startHost({ docker: true }), baseImages(["busybox"])])
  await host.loadImage(image)
})
afterAll(async () => {
  await host?.remove()
})
beforeEach(async () => {
  proxy = await startProxy(host)
  stateDirectory = mkdtempSync(path.join(tmpdir(), "windflow-faults-"))
  flow = await WindFlow.open({ config: false, stateDirectory })
})
/** The rest of a test goes through this client of SSH. */
const through = async (client: "built-in" | "system") => {
  await flow[Symbol.asyncDispose]()
  flow = await WindFlow.open({ config: false, stateDirectory, ssh: { client } })
}
const clients = ["built-in", "system"] as const

afterEach(async () => {
  await flow[Symbol.asyncDispose]()
  await proxy.stop()
  await host.run("sh", "-c", "docker ps -aq | xargs -r docker rm -f; docker volume ls -q | xargs -r docker volume rm")
  rmSync(stateDirectory, { recursive: true, force: true })
})

const box = (
  changes: Partial<Parameters<typeof target>[1] & object> = {},
  to: Pick<Proxy, "address" | "port"> = proxy,
): Target =>
  target(`ssh://deploy@${to.address}:${to.port}`, { identity: host.privateKey, hostKey: host.hostKey, ...changes })

const sleeper = { init: true, stop_grace_period: "0s", command: ["sleep", "100000"] }
const stack = (count: number) =>
  defineStack("faults", {
    services: Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${n}`, { ...sleeper, image }])),
  })
const failure = (work: Promise<unknown>): Promise<WindFlowError> =>
  work.then(
    () => Promise.reject(new Error("it succeeded")),
    (error: WindFlowError) => error,
  )
const running = async (): Promise<number> => {
  const { output } = await host.run("docker", "ps", "-q", "--filter", "label=com.docker.compose.project=faults")
  return output.split("\n").filter((line) => line !== "").length
}
/** The next run finishes what was begun, and the one after finds nothing to do. */
const converges = async (count: number, at: Target = box()) => {
  await flow.up(stack(count), { target: at, until: "started" })
  expect(await running()).toBe(count)
  const events: Array<string> = []
  await flow.up(stack(count), { target: at, until: "started", onEvent: ({ _tag }) => events.push(_tag) })
  expect(events).not.toContain("OperationStarted")
}

it.each(clients)("a connection that is cut in the middle of an apply: %s ssh", async (client) => {
  await through(client)
  let succeeded = 0
  const error = await failure(
    flow.up(stack(8), {
      target: box(),
      until: "started",
      concurrency: 2,
      onEvent: ({ _tag }) => {
        if (_tag === "OperationSucceeded" && ++succeeded === 6) {
          proxy.refuse(true)
          proxy.cut()
        }
      },
    }),
  )
  expect(error).toMatchObject({ _tag: "HostUnreachable", reason: "closed", retryable: true })
  expect(error.remedy).toContain("resumes")
  expect(await running()).toBeLessThan(8)
  proxy.refuse(false)
  await converges(8)
})

it("an sshd that is restarted in the middle of an apply", async () => {
  let restarting: Promise<void> | undefined
  let succeeded = 0
  const restart = async () => {
    await host.sshd.stop()
    await host.sshd.start()
  }
  const outcome = await flow
    .up(stack(8), {
      target: box(),
      until: "started",
      concurrency: 2,
      onEvent: ({ _tag }) => {
        if (_tag === "OperationSucceeded" && ++succeeded === 4) restarting = restart()
      },
    })
    .then(
      () => undefined,
      (error: WindFlowError) => error,
    )
  await restarting
  expect(outcome).toMatchObject({ _tag: "HostUnreachable" })
  await converges(8)
})

it("a dockerd that is restarted in the middle of an apply, under a connection that lives on", async () => {
  let stopping: Promise<void> | undefined
  let succeeded = 0
  const error = await failure(
    flow.up(stack(8), {
      target: box(),
      until: "started",
      concurrency: 2,
      onEvent: ({ _tag }) => {
        if (_tag === "OperationSucceeded" && ++succeeded === 4) stopping = host.dockerd.stop()
      },
    }),
  )
  await stopping
  expect(["EngineUnreachable", "EngineFailed"]).toContain(error._tag)
  const meanwhile = await failure(flow.ps({ target: box() }))
  expect(meanwhile).toMatchObject({ _tag: "EngineUnreachable", reason: "not-found" })
  expect(meanwhile.remedy).toContain("systemctl start docker")
  await host.dockerd.start()
  await converges(8)
  expect(proxy.accepted()).toBe(1)
})

it.each(clients)("a log stream goes on behind its last line and says where it was broken: %s ssh", async (client) => {
  await through(client)
  const at = box()
  const counting = defineStack("faults", {
    services: {
      web: {
        image,
        init: true,
        stop_grace_period: "0s",
        command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo line $n; sleep 0.05; done"],
      },
    },
  })
  await flow.up(counting, { target: at, until: "started" })
  const stop = new AbortController()
  const numbers: Array<number> = []
  let marks = 0
  for await (const line of flow.logs({ project: "faults", target: at }, { follow: true, signal: stop.signal })) {
    if ("resumed" in line) marks++
    if (!("text" in line)) continue
    numbers.push(Number(line.text.slice("line ".length)))
    if (numbers.length === 20 || numbers.length === 60) proxy.cut()
    if (numbers.length === 100) break
  }
  stop.abort()
  expect(marks).toBe(2)
  // None twice, none lost.
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
})

it("a host that is gone: refused, and silent", async () => {
  await proxy.stop()
  expect(await failure(flow.ps({ target: box() }))).toMatchObject({ _tag: "HostUnreachable", reason: "refused" })
  proxy = await startProxy(host)
  const at = box()
  await flow.ps({ target: at })
  proxy.freeze(true)
  // Three signs of life without an answer, 10 s each.
  const silent = await failure(flow.ps({ target: at }))
  expect(silent).toMatchObject({ _tag: "HostUnreachable" })
  proxy.freeze(false)
  expect(await flow.ps({ target: at })).toEqual([])
})

it("a key that is not let in, and a host key that changed", async () => {
  const other = path.join(stateDirectory, "other")
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other])
  const wrong = await failure(flow.ps({ target: box({ identity: other }) }))
  expect(wrong).toMatchObject({ _tag: "LoginRefused", user: "deploy", accepted: "publickey" })
  const before = await host.sshdLog()
  const changed = await failure(flow.ps({ target: box({ hostKey: `SHA256:${"A".repeat(43)}` }) }))
  expect(changed).toMatchObject({ _tag: "HostKeyMismatch" })
  expect((await host.sshdLog()).slice(before.length)).not.toMatch(/Accepted|Failed|Postponed/)
})

it("a throttled link is slow and nothing else", async () => {
  const narrow = await startProxy(host, { rate: 20_000 })
  try {
    await converges(3, box({}, narrow))
    expect(narrow.accepted()).toBe(1)
  } finally {
    await narrow.stop()
  }
})

it("a lock that a dead laptop left is taken over", async () => {
  const at = box()
  const script = path.join(stateDirectory, "laptop.ts")
  // Holds the lock while it waits for a health that never comes, and is killed there.
  writeFileSync(
    script,
    `import { defineStack, target, WindFlow } from ${JSON.stringify(path.join(import.meta.dirname, "../src/index.ts"))}
const flow = await WindFlow.open({ config: false, stateDirectory: ${JSON.stringify(path.join(stateDirectory, "other"))} })
const at = target(${JSON.stringify(at.endpoints[0])}, ${JSON.stringify({ identity: host.privateKey, hostKey: host.hostKey })})
const service = { image: ${JSON.stringify(image)}, init: true, stop_grace_period: "0s", command: ["sleep", "100000"], healthcheck: { test: "exit 1", interval: "60s", start_period: "60s" } }
await flow.up(defineStack("faults", { services: { s0: service } }), { target: at, onEvent: ({ _tag }) => console.log(_tag) })
`,
  )
  const laptop = spawn(process.execPath, ["--conditions=@windflow/source", script], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = new Promise((resolve) => laptop.once("close", resolve))
  await until("the other laptop's container", async () => (await running()) === 1)
  expect(await failure(flow.up(stack(1), { target: at, until: "started" }))).toMatchObject({ _tag: "Locked" })
  laptop.kill("SIGKILL")
  await ended
  await converges(1, at)
})

it("a disk that is full", async () => {
  const small = await startHost({ docker: true, disk: 64 << 20 })
  try {
    await small.loadImage(image)
    const at = target(small.url(), { identity: small.privateKey, hostKey: small.hostKey })
    const free = await small.fillDisk()
    const error = await failure(flow.up(stack(2), { target: at, until: "started" }))
    expect(error._tag).toBe("DiskFull")
    expect(error.message).toContain("no space left")
    const report = await flow.targets.test(at)
    expect(report.stages.find(({ stage }) => stage === "disk")).toMatchObject({ finding: "little-space" })
    await free()
    await flow.up(stack(2), { target: at, until: "started" })
    expect(await flow.ps({ target: at })).toHaveLength(2)
  } finally {
    await small.remove()
  }
})
