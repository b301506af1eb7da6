// The planner as text: states in, operations out. What a crash leaves stands in `planRecovery.test.ts`.
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { renderOperations } from "../../plan/render.ts"
import { brokenRule } from "../../plan/seal.ts"
import type { Observed, ObservedContainer } from "./Observed.ts"
import { planDown } from "./planDown.ts"
import {
  chain,
  desiredOf,
  edited,
  id,
  image,
  type Loose,
  nothing,
  operations,
  planned,
  running,
  seen,
  web,
} from "./planFixtures.ts"
import { planUp } from "./planUp.ts"
import { snapshotOf } from "./snapshot.ts"
import { changes } from "./testBed.ts"

const on = (service: string) => ({ service, condition: "service_started", restart: false }) as const

describe("up", () => {
  test("from nothing: conditions become waits between starts", () => {
    expect(operations(desiredOf(chain), nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:db:1 CreateContainer, no container (service:db:1)
      #3 [2,1] service:db:1 StartContainer, no container (service:db:1)
      #4 [1] service:migrate:1 CreateContainer, no container (service:migrate:1)
      #5 [3,2] service:db:1 Wait, until healthy (wait:db)
      #6 [4,5,1] service:migrate:1 StartContainer, no container (service:migrate:1)
      #7 [1] service:web:1 CreateContainer, no container (service:web:1)
      #8 [6,4] service:migrate:1 Wait, until completed (wait:migrate)
      #9 [7,8,1] service:web:1 StartContainer, no container (service:web:1)
      #10 [9,7] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("everything as desired: nothing", () => {
    const desired = desiredOf(web)
    const draft = planned(desired, seen(desired, [running(desired, "web")]))
    expect(draft.operations).toEqual([])
    expect(draft.groups.map(({ kind, cause }) => [kind, cause])).toEqual([["none", "up to date"]])
  })

  test("a completed one-shot is done, a stopped service is started", () => {
    const desired = desiredOf(chain)
    const containers = [
      running(desired, "db", { id: id("a"), health: "healthy" }),
      running(desired, "migrate", { id: id("b"), state: "exited", exitCode: 0 }),
      running(desired, "web", { id: id("c"), state: "exited", exitCode: 0 }),
    ]
    expect(operations(desired, seen(desired, containers))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StartContainer, not running (exited with 0) (service:web:1)
      #2 [1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("an edit replaces, and the cause names the fields", () => {
    const before = desiredOf(web)
    const desired = desiredOf(edited)
    const observed = seen(desired, [running(before, "web")])
    expect(operations(desired, observed)).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer, configuration changed: command (service:web:1)
      #2 [1] service:web:1 StopContainer, configuration changed: command (service:web:1)
      #3 [1,2] service:web:1 StartContainer, configuration changed: command (service:web:1)
      #4 [3,1,2] service:web:1 Wait, until up (wait:web)
      #5 [2,4] service:web:1 RemoveContainer, configuration changed: command (service:web:1)
      #6 [5,1] service:web:1 RenameContainer, configuration changed: command (service:web:1)
      !1 [] service:web:1 StopContainer, from #3 until #4
      !2 [1] service:web:1 StartContainer, from #2 until #4
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #4
      "
    `)
    expect(planned(desired, observed).groups[0]?.fields).toEqual([
      { path: "command", before: "(old value)", after: "(new value)" },
    ])
  })

  test.each([
    ["another image", {}, { image: "sha256:other" }, "image changed"],
    ["made by Compose", {}, { configHash: "other", fields: undefined }, "configuration changed"],
    ["a network made anew by hand", {}, { networks: { demo_default: "net0" } }, "network default was made anew"],
    ["taken off its network", {}, { networks: {} }, "not attached to network default"],
    ["asked for", { recreate: "force" as const }, {}, "recreation was asked for"],
  ])("replaces: %s", (_, options, over, cause) => {
    const desired = desiredOf(web, options)
    const draft = planned(desired, seen(desired, [running(desired, "web", over)]))
    expect(changes(draft)).toEqual([`replace service:web:1 (${cause})`])
  })

  test.each([
    [true, ["replace service:web:1 (recreation was asked for)"]],
    [false, []],
  ])("--always-recreate-deps: what is only depended on, %s", (recreateDependencies, wanted) => {
    const desired = desiredOf(web, { recreateDependencies }, { web: { targeted: false } })
    expect(changes(planned(desired, seen(desired, [running(desired, "web")])))).toEqual(wanted)
  })

  test("--no-recreate leaves what diverges", () => {
    const desired = desiredOf(edited, { recreate: "never" })
    expect(planned(desired, seen(desired, [running(desiredOf(web), "web")])).operations).toEqual([])
  })

  test("a preview that would have to build says so", () => {
    const desired = desiredOf(web, {}, { web: { image: { reference: "img", id: null, pending: "build" } } })
    expect(changes(planned(desired, seen(desired, [running(desired, "web")])))).toEqual([
      "replace service:web:1 (unknown until built)",
    ])
  })

  test("a saved state names its image by id when the reference has moved since", () => {
    const created = (seen: Observed) =>
      planned(desiredOf(web), seen).operations.find(({ verb }) => verb === "CreateContainer")?.args["image"]
    expect(created(nothing)).toBe("img")
    expect(created({ ...nothing, images: new Map([["img:latest", image]]) })).toBe("img")
    expect(created({ ...nothing, images: new Map([["img:latest", "sha256:newer"]]) })).toBe(image)
  })

  test("a rotated secret replaces", () => {
    const secret = (version: string) => ({
      web: { extra: version, secrets: [{ variable: "KEY", name: "key", version }] },
    })
    const before = desiredOf(web, {}, secret("v1"))
    const desired = desiredOf(web, {}, secret("v2"))
    const container = running(before, "web", { extra: "v1" })
    expect(changes(planned(desired, seen(desired, [container])))).toEqual([
      "replace service:web:1 (secret changed: environment.KEY)",
    ])
  })

  test("scales down from the top, up into the gaps", () => {
    const three = desiredOf(web, { scale: { web: 3 } }, { web: { scale: 3 } })
    const one = desiredOf(web)
    const two = [running(one, "web", { id: id("a"), number: 1 }), running(one, "web", { id: id("c"), number: 3 })]
    expect(changes(planned(three, seen(three, two)))).toEqual(["create service:web:2 (no container)"])
    expect(operations(one, seen(one, two))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:3 StopContainer, scaled down (surplus:demo-web-3)
      #2 [1] service:web:3 RemoveContainer, scaled down (surplus:demo-web-3)
      "
    `)
  })

  test("scaled down, what matches stays rather than what has a low number", () => {
    const desired = desiredOf(edited)
    const outdated = running(desiredOf(web), "web", { id: id("a"), number: 1 })
    const matching = running(desired, "web", { id: id("b"), number: 2 })
    expect(changes(planned(desired, seen(desired, [outdated, matching])))).toEqual([
      "delete service:web:1 (scaled down)",
    ])
  })

  test("the cause names no field that replaces nothing", () => {
    const desired = desiredOf({
      ...chain,
      db: {
        image: "img",
        command: ["new"],
        pull_policy: "never",
        deploy: { replicas: 1, resources: {}, placement: {} },
      },
    })
    const before = desiredOf({ db: { image: "img", deploy: { replicas: 2, resources: {}, placement: {} } } })
    const db = planned(desired, seen(desired, [running(before, "db")])).groups.find(
      ({ resource }) => resource === "service:db:1",
    )
    expect(db?.cause).toBe("configuration changed: command")
  })

  test("an anonymous volume moves on to the replacement", () => {
    const desired = desiredOf(edited)
    const name = id("f")
    const container = running(desiredOf(web), "web", {
      mounts: [
        { type: "volume", name, target: "/data", readOnly: false },
        { type: "volume", name: "demo_named", target: "/named", readOnly: false },
      ],
    })
    const create = planned(desired, seen(desired, [container])).operations.find(
      ({ verb }) => verb === "CreateContainer",
    )
    expect(create?.args["inherited"]).toEqual([{ name, target: "/data", readOnly: false }])
  })

  test("orphans: a warning, or their removal", () => {
    const desired = desiredOf(web)
    const containers = [running(desired, "web"), running(desired, "old", { id: id("b") })]
    const draft = planned(desired, seen(desired, containers))
    expect(draft.operations).toEqual([])
    expect(draft.warnings).toEqual([
      "Containers of services that are not in the file: demo-old-1. --remove-orphans removes them.",
    ])
    const removing = desiredOf(web, { removeOrphans: true })
    expect(operations(removing, seen(removing, containers))).toMatchInlineSnapshot(`
      "
      #1 [] service:old:1 StopContainer, not in the file (orphan:demo-old-1)
      #2 [1] service:old:1 RemoveContainer, not in the file (orphan:demo-old-1)
      "
    `)
  })

  test("a changed network: containers stop, the network is made anew, containers are replaced", () => {
    const desired = desiredOf(web)
    const observed = seen(desired, [running(desired, "web")])
    const changed = { ...observed, networks: observed.networks.map((network) => ({ ...network, hash: "other" })) }
    expect(operations(desired, changed)).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StopContainer, network default is made anew (network:default)
      #2 [1] network:default RemoveNetwork, configuration changed (network:default)
      #3 [2] network:default CreateNetwork, configuration changed (network:default)
      #4 [3] service:web:1 CreateContainer, network default changed (service:web:1)
      #5 [1,4] service:web:1 RemoveContainer, network default changed (service:web:1)
      #6 [5,4] service:web:1 RenameContainer, network default changed (service:web:1)
      #7 [6,4,3] service:web:1 StartContainer, network default changed (service:web:1)
      #8 [7,4] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("a changed network stays when the run leaves one of its containers alone", () => {
    const desired = { ...desiredOf(web), untouched: ["api"] }
    const observed = seen(desired, [running(desired, "web"), running(desired, "api", { id: id("b") })])
    const changed = { ...observed, networks: observed.networks.map((network) => ({ ...network, hash: "other" })) }
    const draft = planned(desired, changed)
    expect(draft.operations).toEqual([])
    expect(draft.warnings[0]).toContain("demo-api-1")
  })

  test("a changed volume is kept, with a warning", () => {
    const desired = desiredOf({ web: { ...web.web, volumes: [{ type: "volume", source: "data", target: "/d" }] } })
    const observed = seen(desired, [
      running(desired, "web", { mounts: [{ type: "volume", name: "demo_data", target: "/d", readOnly: false }] }),
    ])
    const draft = planned(desired, {
      ...observed,
      volumes: observed.volumes.map((volume) => ({ ...volume, hash: "other" })),
    })
    expect(draft.operations).toEqual([])
    expect(draft.warnings[0]).toContain("demo_data")
  })

  test("external networks and volumes must be there", () => {
    const desired = desiredOf(web)
    const external = {
      ...desired,
      networks: desired.networks.map((network) => ({ ...network, model: { ...network.model, external: true } })),
    }
    expect(Result.getFailure(planUp(external, nothing))).toMatchObject({
      value: { _tag: "ExternalMissing", kind: "network", name: "demo_default" },
    })
  })

  test("depends_on.restart: dependents stop before and start after their dependency is replaced", () => {
    const services = (command: string): Readonly<Record<string, Loose>> => ({
      db: { image: "img", command: [command] },
      web: { image: "img", depends_on: { db: { condition: "service_started", required: true, restart: true } } },
    })
    const before = desiredOf(services("a"))
    const desired = desiredOf(services("b"))
    const containers = [running(before, "db"), running(before, "web", { id: id("b") })]
    expect(operations(desired, seen(desired, containers))).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 CreateContainer, configuration changed: command (service:db:1)
      #2 [1] service:web:1 StopContainer, dependency db is replaced (service:web:1)
      #3 [1,2] service:db:1 StopContainer, configuration changed: command (service:db:1)
      #4 [1,3] service:db:1 StartContainer, configuration changed: command (service:db:1)
      #5 [4,1,3] service:db:1 Wait, until up (wait:db)
      #6 [3,5] service:db:1 RemoveContainer, configuration changed: command (service:db:1)
      #7 [6,1] service:db:1 RenameContainer, configuration changed: command (service:db:1)
      #8 [2,4] service:web:1 StartContainer, dependency db is replaced (service:web:1)
      #9 [8,7] service:web:1 Wait, until up (wait:web)
      !1 [] service:db:1 StopContainer, from #4 until #5
      !2 [1] service:db:1 StartContainer, from #3 until #5
      !3 [1,2] service:db:1 RemoveContainer, from #1 until #5
      !4 [2] service:web:1 StartContainer, from #2 until #8
      "
    `)
  })

  test("a host port that changes hands is free before its new owner starts", () => {
    const ports = [{ target: 80, published: "8080", protocol: "tcp" }]
    const before = desiredOf({ a: { image: "img", ports }, b: { image: "img" } })
    const desired = desiredOf({ a: { image: "img" }, b: { image: "img", ports } })
    const containers = [
      running(before, "a", { hostPorts: ["0.0.0.0:8080/tcp"] }),
      running(before, "b", { id: id("b") }),
    ]
    const draft = planned(desired, seen(desired, containers))
    expect(draft.operations.find(({ id }) => id === "service:b:1/start")?.needs).toContain(
      `container:${id("a").slice(0, 12)}/stop`,
    )
  })

  test("what a renamed service had is free before its heir wants it: name, port, address", () => {
    const service = {
      image: "img",
      container_name: "fixed",
      ports: [{ target: 80, published: "8080", protocol: "tcp" }],
      networks: { default: { ipv4_address: "10.0.0.9" } },
    }
    const orphaned = (over: Partial<ObservedContainer>, wish: Loose) => {
      const desired = desiredOf({ heir: { image: "img", ...wish } }, { removeOrphans: true })
      const containers = [running(desired, "old", { id: id("b"), ...over })]
      const draft = planned(desired, seen(desired, containers))
      const needs = (operation: string) => draft.operations.find(({ id }) => id === operation)?.needs ?? []
      return { create: needs("service:heir:1/create"), start: needs("service:heir:1/start") }
    }
    const [stop, remove] = ["stop", "remove"].map((what) => `container:${id("b").slice(0, 12)}/${what}`)
    const { container_name, ports, networks } = service
    expect(orphaned({ name: "fixed" }, { container_name }).create).toContain(remove)
    expect(orphaned({ hostPorts: ["0.0.0.0:8080/tcp"] }, { ports }).start).toContain(stop)
    expect(orphaned({ addresses: { demo_default: ["10.0.0.9"] } }, { networks }).start).toContain(stop)
    const other = { name: "other", hostPorts: ["0.0.0.0:8081/tcp"], addresses: { demo_default: ["10.0.0.8"] } }
    const { create, start } = orphaned(other, service)
    expect([...create, ...start].filter((need) => need.startsWith("container:"))).toEqual([])
  })

  test("two services swap their names: each takes its own when the other's is gone", () => {
    const services = (a: string, b: string): Readonly<Record<string, Loose>> => ({
      a: { image: "img", container_name: a },
      b: { image: "img", container_name: b },
    })
    const before = desiredOf(services("one", "two"))
    const desired = desiredOf(services("two", "one"))
    const draft = planned(
      desired,
      seen(desired, [running(before, "a", { name: "one" }), running(before, "b", { id: id("b"), name: "two" })]),
    )
    const needs = (operation: string) => draft.operations.find(({ id }) => id === operation)?.needs
    expect(needs("service:a:1/rename")).toContain(`container:${id("b").slice(0, 12)}/remove`)
    expect(needs("service:b:1/rename")).toContain(`container:${id("a").slice(0, 12)}/remove`)
  })

  test("services that swap ports and depend on each other's order still have a plan", () => {
    const port = (published: string) => [{ target: 80, published, protocol: "tcp" }]
    const services = (a: string, b: string): Readonly<Record<string, Loose>> => ({
      a: { image: "img", ports: port(a) },
      b: { image: "img", ports: port(b), depends_on: { a: { condition: "service_healthy", required: true } } },
    })
    const before = desiredOf(services("1", "2"))
    const desired = desiredOf(services("2", "1"))
    const draft = planned(
      desired,
      seen(desired, [
        running(before, "a", { hostPorts: ["0.0.0.0:1/tcp"] }),
        running(before, "b", { id: id("b"), hostPorts: ["0.0.0.0:2/tcp"] }),
      ]),
    )
    const order = draft.operations.map(({ id }) => id)
    const after = (later: string, earlier: string) =>
      expect(order.indexOf(later)).toBeGreaterThan(order.indexOf(earlier))
    after("service:a:1/start", `container:${id("b").slice(0, 12)}/stop`)
    after("service:b:1/start", `container:${id("a").slice(0, 12)}/stop`)
    after("service:b:1/start", "service:a:1/wait-healthy")
  })

  test("until started: no final waits; until created: nothing starts", () => {
    expect(operations(desiredOf(web, { until: "started" }), nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [2,1] service:web:1 StartContainer, no container (service:web:1)
      "
    `)
    expect(operations(desiredOf(web, { until: "created" }), nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      "
    `)
  })

  test("what is starting or unhealthy is waited for, untouched", () => {
    const desired = desiredOf(web)
    expect(operations(desired, seen(desired, [running(desired, "web", { health: "starting" })])))
      .toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("a paused container goes on", () => {
    const desired = desiredOf(web)
    expect(operations(desired, seen(desired, [running(desired, "web", { state: "paused" })]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 UnpauseContainer, paused (service:web:1)
      #2 [1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })
})

describe("down", () => {
  test("dependents first, from labels alone; volumes only when asked", () => {
    const desired = desiredOf(chain)
    const containers = [
      running(desired, "db", { id: id("a") }),
      running(desired, "migrate", { id: id("b"), state: "exited", exitCode: 0 }),
      running(desired, "web", { id: id("c") }),
    ]
    const draft = planDown(
      { _tag: "Down", project: "demo", options: { volumes: false, removeOrphans: true } },
      seen(desired, containers),
    )
    expect(brokenRule(draft)).toBeUndefined()
    expect(`\n${renderOperations(draft)}\n`).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StopContainer, down (delete:demo-web-1)
      #2 [1] service:web:1 RemoveContainer, down (delete:demo-web-1)
      #3 [1] service:migrate:1 RemoveContainer, down (delete:demo-migrate-1)
      #4 [3] service:db:1 StopContainer, down (delete:demo-db-1)
      #5 [4] service:db:1 RemoveContainer, down (delete:demo-db-1)
      #6 [2,3,5] network:default RemoveNetwork, down (delete:demo_default)
      "
    `)
  })

  test("labels that form a cycle still come down", () => {
    const desired = desiredOf({ a: { image: "img" }, b: { image: "img" } })
    const draft = planDown(
      { _tag: "Down", project: "demo", options: { volumes: true, removeOrphans: true } },
      seen(desired, [
        running(desired, "a", { dependsOn: [on("b")] }),
        running(desired, "b", { id: id("b"), dependsOn: [on("a")] }),
      ]),
    )
    expect(brokenRule(draft)).toBeUndefined()
    expect(draft.operations.filter(({ verb }) => verb === "RemoveContainer")).toHaveLength(2)
  })
})

describe("snapshot", () => {
  test("health and texts do not count, state and attachments do", () => {
    const desired = desiredOf(web)
    const text = (over: Partial<ObservedContainer>) =>
      JSON.stringify(snapshotOf(seen(desired, [running(desired, "web", over)])))
    expect(text({ health: "healthy" })).toBe(text({}))
    expect(text({ state: "exited", exitCode: 1 })).not.toBe(text({}))
    expect(text({ networks: { demo_default: "net2" } })).not.toBe(text({}))
  })
})
