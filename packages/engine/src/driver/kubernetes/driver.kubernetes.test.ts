/** The driver contract on a real cluster: only what `Driver.ts` offers, walked by a loop; the API is used to look and to meddle. */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { baseImages, orSkip, startCluster, type StartedCluster } from "@windflow/testcontainers"
import { Effect, Result } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { makeDeployments } from "../../execute/index.ts"
import type { WindFlowError } from "../../model/index.ts"
import { type Operation, type Outputs, type PlanDraft, seal } from "../../plan/index.ts"
import { memoryJournal, thisProcess } from "../../state/index.ts"
import { checkConformance } from "../conformance/index.ts"
import { type Driver, type ExecuteContext, openDriver } from "../Driver.ts"
import { defaultDownOptions, defaultUpOptions, type Request, type UpOptions } from "../Request.ts"
import { connect } from "./connect.ts"
import { noReport, stackOf, webModel, type WebOptions } from "./fixtures.ts"
import { openKubernetes } from "./index.ts"
import type { KubeApi, KubeRequest } from "./KubeApi.ts"
import { pathOf } from "./objects.ts"
import type { Desired, Observed } from "./state.ts"

const project = "shop"
const nodePort = 30080

let started: StartedCluster = { unavailable: "the cluster was not started" }
let folder: string
let image: string
let api: KubeApi
let driver: Driver<Desired, Observed>

const run = <A>(effect: Effect.Effect<A, WindFlowError>): Promise<A> => Effect.runPromise(effect)
const fails = (effect: Effect.Effect<unknown, WindFlowError>): Promise<WindFlowError> =>
  Effect.runPromise(Effect.orDie(Effect.flip(effect)))

const send = async (request: KubeRequest) => {
  const response = await run(api.send(request))
  if (response.status >= 300) throw new Error(`${request.method} ${request.path}: ${JSON.stringify(response.body)}`)
  return response.body
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "windflow-kubeconfig-"))
  started = await startCluster({ dns: true, ports: [nodePort] })
  if ("unavailable" in started) return
  await writeFile(join(folder, "config"), started.kubeconfig, { mode: 0o600 })
  image = (await baseImages(["busybox"])).busybox
  await started.loadImage(image)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  if (!("unavailable" in started)) await started.stop()
})

beforeEach(async (context) => {
  orSkip(started, context)
  const kubeconfig = join(folder, "config")
  const namespace = `k8s-${randomBytes(4).toString("hex")}`
  const target = { endpoint: `kubernetes:///${namespace}`, kubeconfig }
  api = await run(connect(target))
  driver = await run(openKubernetes(target))
  await send({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  })
})

afterEach(async () => {
  if (!("unavailable" in started)) await send({ method: "DELETE", path: `/api/v1/namespaces/${api.namespace}` })
})

const up = (options: Partial<WebOptions> = {}, upOptions: Partial<UpOptions> = {}): Request => ({
  _tag: "Up",
  stack: stackOf(webModel(project, { image, ...options })),
  options: { ...defaultUpOptions, waitTimeout: 100, ...upOptions },
})
const down: Request = { _tag: "Down", project, options: defaultDownOptions }

const look = async (request: Request): Promise<{ desired: Desired; draft: PlanDraft; snapshot: string }> => {
  const desired = await run(driver.prepare(request, { preview: false, report: noReport }))
  const draft = Result.getOrThrow(driver.plan(desired, await run(driver.observe(desired))))
  const target = { name: "bed", type: "cluster", driver: driver.name, endpoints: ["kubernetes://"] } as const
  // Sealing checks the DAG rules.
  const { snapshot } = seal(draft, { project, target, driver: driver.name, intent: request._tag, desired: null })
  return { desired, draft, snapshot }
}

const contextOf = (
  desired: Desired,
  operation: Operation,
  outputs: ReadonlyMap<string, Outputs>,
): ExecuteContext<Desired> => ({
  desired,
  inputs: Object.fromEntries(
    Object.entries(operation.inputs ?? {}).map(([key, from]) => [
      key,
      outputs.get(from.operation)?.[from.output] ?? "",
    ]),
  ),
  report: noReport,
})

const walk = async (request: Request): Promise<PlanDraft> => {
  const { desired, draft } = await look(request)
  const outputs = new Map<string, Outputs>()
  for (const operation of draft.operations)
    outputs.set(operation.id, await run(driver.execute(operation, contextOf(desired, operation, outputs))))
  return draft
}

/** Without those that are still ending: nobody waits for them after a rollout. */
const pods = async () => (await run(driver.instances(project))).filter((pod) => pod.state !== "removing")

const page = (service: string) =>
  send({ method: "GET", path: `${pathOf("Service", api.namespace, `${service}:8080`)}/proxy/index.html` })

const changes = (draft: PlanDraft) =>
  draft.groups
    .filter((group) => group.kind !== "none")
    .map((group) => `${group.kind} ${group.resource}: ${group.cause}`)

const scaleBehindOurBack = (service: string, replicas: number) =>
  send({
    method: "PATCH",
    path: pathOf("Deployment", api.namespace, service),
    query: { fieldManager: "somebody", force: "true" },
    body: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: service }, spec: { replicas } },
  })

describe("a stack on a cluster", () => {
  it("is deployed, up to date, updated with its cause, and deleted", async () => {
    await walk(up())
    expect(await page("web")).toBe("hello\nfirst\nreached api\n")
    const first = await pods()
    expect(first.map((pod) => `${pod.service} ${pod.number} ${pod.state} ${pod.health}`).sort()).toEqual([
      "api 1 running healthy",
      "web 1 running healthy",
      "web 2 running healthy",
    ])

    const again = await look(up())
    expect(again.draft.operations).toEqual([])

    const edited = await walk(up({ greeting: "good morning" }))
    expect(changes(edited)).toEqual([
      "update configmap:web.env: configuration changed",
      "update deployment:web: configuration changed",
      "wait deployment:web: rollout",
    ])
    expect(await page("web")).toBe("good morning\nfirst\nreached api\n")
    const api1 = (all: typeof first) => all.filter((pod) => pod.service === "api").map((pod) => pod.id)
    expect(api1(await pods())).toEqual(api1(first))

    await walk(down)
    expect(await run(driver.instances(project))).toEqual([])
    expect((await look(down)).draft.operations).toEqual([])
  })

  it("corrects what others changed, and says what", async () => {
    await walk(up())
    await scaleBehindOurBack("web", 1)
    const { draft } = await look(up())
    expect(draft.groups.find((group) => group.kind === "update")).toMatchObject({
      resource: "deployment:web",
      cause: "replicas changed",
      fields: [{ path: "spec.replicas", before: "1", after: "2" }],
    })
    await walk(up())
    expect(await pods()).toHaveLength(3)
  })

  it("keeps its plan while only health changes", async () => {
    await walk(up({}, { until: "started" }))
    const before = await look(up())
    await walk(up())
    const after = await look(up())
    expect(after.snapshot).toBe(before.snapshot)
    expect(after.draft.operations).toEqual([])
  })
})

describe("an operation whose outcome is not known", () => {
  it("is settled by looking, and looking changes nothing", async () => {
    const { desired, draft } = await look(up())
    const operations = draft.operations.filter((operation) => operation.verb === "Apply")
    for (const operation of operations) {
      const context = contextOf(desired, operation, new Map())
      expect(await run(driver.recover(operation, context))).toEqual({ _tag: "DidNotHappen" })
      // Executed, and the process dies before it writes that down.
      const outputs = await run(driver.execute(operation, context))
      expect(await run(driver.recover(operation, context))).toEqual({ _tag: "Happened", outputs })
    }
    expect(operations).toHaveLength(6)
    expect((await look(up({}, { until: "started" }))).draft.operations.map((o) => o.verb)).not.toContain("Apply")
  })

  it("is not taken for done when it would bring back what was there before", async () => {
    await walk(up())
    await scaleBehindOurBack("web", 1)
    const { desired, draft } = await look(up())
    const [update] = draft.operations
    expect(update?.id).toBe("deployment:web/apply")
    if (update === undefined) return
    expect(await run(driver.recover(update, contextOf(desired, update, new Map())))).toEqual({ _tag: "DidNotHappen" })
  })

  it("tells of a deletion", async () => {
    await walk(up())
    const { desired, draft } = await look(down)
    const remove = draft.operations.find((operation) => operation.verb === "Delete")
    expect(remove?.id).toBe("deployment:web/delete")
    if (remove === undefined) return
    const context = contextOf(desired, remove, new Map())
    expect(await run(driver.recover(remove, context))).toEqual({ _tag: "DidNotHappen" })
    await run(driver.execute(remove, context))
    expect(await run(driver.recover(remove, context))).toMatchObject({ _tag: "Happened" })
    await walk(down)
    expect(await run(driver.instances(project))).toEqual([])
  })
})

describe("a precondition", () => {
  it("refuses when somebody changed the object meanwhile, for every kind and verb", async () => {
    await walk(up())
    const edit = await look(up({ greeting: "other" }))
    const gone = await look(down)
    await scaleBehindOurBack("web", 1)
    await send({
      method: "PATCH",
      path: pathOf("ConfigMap", api.namespace, "web.env"),
      query: { fieldManager: "somebody", force: "true" },
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web.env" }, data: { GREETING: "meddled" } },
    })
    const guarded = [...edit.draft.operations, ...gone.draft.operations].filter(
      (operation) => /\b(web|web\.env)\/(apply|delete)$/.test(operation.id) && !operation.id.startsWith("service"),
    )
    expect(guarded.map((operation) => operation.id).sort()).toEqual([
      "configmap:web.env/apply",
      "configmap:web.env/delete",
      "deployment:web/apply",
      "deployment:web/delete",
    ])
    for (const operation of guarded)
      expect(await fails(driver.execute(operation, contextOf(edit.desired, operation, new Map())))).toMatchObject({
        _tag: "PreconditionFailed",
        operation: operation.id,
      })
    expect((await pods()).filter((pod) => pod.service === "api")).toHaveLength(1)
  })

  it("holds while only status changes", async () => {
    await walk(up())
    const { desired, draft } = await look(up({}, { scale: { web: 3 } }))
    const [update] = draft.operations
    expect(update?.precondition).toMatchObject({ generation: "1" })
    if (update === undefined) return
    // A Pod goes: the Deployment's status, and with it its version, changes; its generation does not.
    const versionOf = async () => {
      const body = await send({ method: "GET", path: pathOf("Deployment", api.namespace, "web") })
      return JSON.stringify(body).match(/"resourceVersion":"(\d+)"/)?.[1]
    }
    const before = await versionOf()
    for (const each of await pods())
      if (each.service === "web") await send({ method: "DELETE", path: pathOf("Pod", api.namespace, each.name) })
    await expect.poll(versionOf, { timeout: 30_000, interval: 100 }).not.toBe(before)
    await run(driver.execute(update, contextOf(desired, update, new Map())))
    await walk(up({}, { scale: { web: 3 } }))
    expect(await pods()).toHaveLength(4)
  })

  it("refuses what another project or tool has, when planning and when executing", async () => {
    const { desired, draft } = await look(up())
    await send({
      method: "POST",
      path: pathOf("Service", api.namespace),
      query: { fieldManager: "somebody" },
      body: { apiVersion: "v1", kind: "Service", metadata: { name: "api" }, spec: { ports: [{ port: 1 }] } },
    })
    const create = draft.operations.find((operation) => operation.id === "service:api/apply")
    expect(create).toBeDefined()
    if (create === undefined) return
    expect((await fails(driver.execute(create, contextOf(desired, create, new Map()))))._tag).toBe("PreconditionFailed")
    const observed = await run(driver.observe(desired))
    expect(driver.plan(desired, observed)).toMatchObject({
      failure: { _tag: "NameTaken", name: "api", owner: "somebody" },
    })
  })
})

describe("a rollout that does not succeed", () => {
  it("fails with what the cluster says, and a correction gets through", async () => {
    const error = await fails(
      Effect.gen(function* () {
        const request = up({ image: "localhost/none:1" }, { waitTimeout: 5, services: ["api"] })
        const desired = yield* driver.prepare(request, { preview: false, report: noReport })
        const draft = yield* Effect.fromResult(driver.plan(desired, yield* driver.observe(desired)))
        const outputs = new Map<string, Outputs>()
        for (const operation of draft.operations)
          outputs.set(operation.id, yield* driver.execute(operation, contextOf(desired, operation, outputs)))
      }),
    )
    expect(error).toMatchObject({ _tag: "Unhealthy", service: "api" })
    expect(error.message).toMatch(/ErrImagePull|ImagePullBackOff/)
    await walk(up())
    expect(await page("web")).toContain("reached api")
  })
})

describe("a Service whose kind of address changes", () => {
  it("is replaced, because the field is immutable", async () => {
    await walk(up({}, { services: ["api"] }))
    const headless = webModel(project, { image })
    const { expose: _, ...apiService } = headless.services["api"] ?? { command: null, entrypoint: null }
    const request: Request = {
      _tag: "Up",
      stack: stackOf({ ...headless, services: { api: apiService } }),
      options: { ...defaultUpOptions, waitTimeout: 100 },
    }
    expect(changes(await walk(request))).toContain("replace service:api: spec.clusterIPs[0] cannot change in place")
    expect((await look(request)).draft.operations).toEqual([])
  })
})

describe("the engine over this driver", () => {
  it("holds the laws of the contract", async () => {
    const scenario = { up: up(), edit: up({ motd: "second" }), down, recordName: "windflow.conformance_1" }
    const results = await run(checkConformance(driver, scenario))
    expect(results.filter((result) => result.broken !== undefined)).toEqual([])
    expect(results.map((result) => result.law)).toContain("down: recover knows that Delete happened")
  })

  it("runs, ends without a change, rolls back, and keeps its history on the cluster", async (context) => {
    const deployments = makeDeployments({
      driver: openDriver(driver),
      target: { name: "bed", type: "cluster", driver: driver.name, endpoints: ["kubernetes://"] },
      journal: memoryJournal(),
      owner: thisProcess(),
    })
    const published = { published: nodePort }
    const first = await run(deployments.run(up(published)))
    expect(first).toMatchObject({ number: 1, status: "succeeded" })
    const port = new RegExp(`^http://[0-9.]+:${nodePort}$`)
    expect(first.urls).toEqual([expect.stringMatching(port)])
    const address = `http://${orSkip(started, context).address(nodePort)}/index.html`
    const answer = () => fetch(address).then((response) => response.text(), String)
    // kube-proxy routes some time after the Pods are ready.
    await expect.poll(answer, { timeout: 30_000 }).toBe("hello\nfirst\nreached api\n")
    expect((await run(deployments.run(up(published)))).number).toBe(1)
    expect((await run(deployments.run(up({ ...published, greeting: "bye" })))).number).toBe(2)
    await expect.poll(answer, { timeout: 30_000 }).toBe("bye\nfirst\nreached api\n")
    expect((await run(deployments.rollback(project))).status).toBe("succeeded")
    await expect.poll(answer, { timeout: 30_000 }).toBe("hello\nfirst\nreached api\n")
    expect((await run(deployments.history(project))).map((record) => record.revision.number)).toEqual([3, 2, 1])
    expect(await run(driver.records.list({}))).toHaveLength(3)
  })
})

describe("records on the cluster", () => {
  it("are claimed by one of many, listed by labels, removed, and timed by the server", async () => {
    const { records } = driver
    const payload = "x".repeat(100_000)
    const claims = await run(
      Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => records.claim({ name: "windflow.lock.my_shop.1", labels: { owner: `run/${index}`, kind: "lock" } }),
        { concurrency: "unbounded" },
      ),
    )
    expect(new Set(claims.map((claim) => claim.labels["owner"])).size).toBe(1)
    await run(records.claim({ name: "windflow.revision.my_shop.1", labels: { kind: "revision", payload } }))
    expect(await run(records.list({ kind: "lock" }))).toEqual([claims[0]])
    expect(await run(records.list({ owner: claims[0]?.labels["owner"] ?? "" }))).toEqual([claims[0]])
    expect(await run(records.list({ payload: "" }))).toEqual([
      { name: "windflow.revision.my_shop.1", labels: { kind: "revision", payload } },
    ])
    await run(records.remove("windflow.lock.my_shop.1"))
    await run(records.remove("windflow.lock.my_shop.1"))
    expect(await run(records.list({ kind: "lock" }))).toEqual([])
    expect(await run(records.now)).toBeGreaterThan(Date.UTC(2020))
  })
})
