// Namespaces, volumes and links of other services: which container is meant, when a new one of it means a new one here.
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { serviceHash } from "../../compose/render/hash.ts"
import { createBody } from "./createBody.ts"
import { id, type Loose, desiredOf, nothing, operations, planned, running, seen } from "./planFixtures.ts"
import { planUp } from "./planUp.ts"
import { resolveShared, sharedHash } from "./sharing.ts"
import { changes } from "./testBed.ts"

const dependsOn = (...names: ReadonlyArray<string>): NonNullable<Loose["depends_on"]> =>
  Object.fromEntries(
    names.map((name) => [name, { condition: "service_started" as const, restart: true, required: true }]),
  )
const side: Loose = { image: "img", networks: {}, network_mode: "service:web", depends_on: dependsOn("web") }
const pod = { web: { image: "img" }, side }
const replica = { number: 1, image: "img", replaces: false, inherited: [], secrets: {} }

describe("the body", () => {
  test.each<[string, Loose, Record<string, unknown>]>([
    ["the network", side, { NetworkMode: `container:${id("a")}` }],
    [
      "ipc and pid",
      { ipc: "service:web", pid: "service:web" },
      { IpcMode: `container:${id("a")}`, PidMode: `container:${id("a")}` },
    ],
    [
      "volumes, with their access",
      { volumes_from: ["web:ro", "container:other:ro", "container:third"] },
      { VolumesFrom: [`${id("a")}:ro`, "other:ro", "third"] },
    ],
  ])("%s of a service is that of its container", (_, model, expected) => {
    const desired = desiredOf({ web: { image: "img" }, side: { image: "img", ...model } })
    const body = createBody(desired, desired.services[1]!, { ...replica, shared: { web: id("a") } })
    expect(body["HostConfig"]).toMatchObject(expected)
  })

  test("the config hash is that of the ids, without access, as Compose takes it", () => {
    const model: Loose = {
      image: "img",
      networks: {},
      network_mode: "service:web",
      volumes_from: ["web:ro", "container:x"],
    }
    const service = desiredOf({ web: { image: "img" }, side: model }).services[1]!
    const ids = { web: id("a") }
    expect(sharedHash(service, ids)).toBe(
      serviceHash({ ...service.model, network_mode: `container:${id("a")}`, volumes_from: [id("a"), "x"] }),
    )
    expect(resolveShared(service.model, {}).network_mode).toBe("service:web")
  })

  test("links are told in three spellings, on every network and to the engine", () => {
    const desired = desiredOf({ web: { image: "img" } })
    const body = createBody(desired, desired.services[0]!, { ...replica, links: ["demo-db-1:db"] })
    expect(body["HostConfig"]).toMatchObject({ Links: ["demo-db-1:db"] })
    expect(body["NetworkingConfig"]).toMatchObject({ EndpointsConfig: { demo_default: { Links: ["demo-db-1:db"] } } })
  })
})

describe("the plan", () => {
  test("a service is created with the id of the container it shares with", () => {
    const desired = desiredOf(pod)
    expect(operations(desired, nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [2,1] service:web:1 StartContainer, no container (service:web:1)
      #4 [1,2] service:side:1 CreateContainer, no container (service:side:1)
      #5 [4,3,1] service:side:1 StartContainer, no container (service:side:1)
      #6 [3,2,5] service:web:1 Wait, until up (wait:web)
      #7 [5,4] service:side:1 Wait, until up (wait:side)
      "
    `)
    const create = planned(desired, nothing).operations.find(({ id }) => id === "service:side:1/create")
    expect(create?.inputs).toEqual({ "shared/web": { operation: "service:web:1/create", output: "id" } })
  })

  const both = (over: Partial<Parameters<typeof running>[2]> = {}) => {
    const desired = desiredOf(pod)
    const configHash = sharedHash(desired.services[1]!, { web: id("a") })
    return [
      running(desired, "web", { id: id("a"), ...over }),
      running(desired, "side", { id: id("b"), configHash, networks: {} }),
    ]
  }

  test("nothing to do when the id is the one it was made with", () => {
    const desired = desiredOf(pod)
    expect(planned(desired, seen(desired, both())).operations).toEqual([])
  })

  test("when the other is replaced, so is it, and it ends first", () => {
    const desired = desiredOf(pod)
    const draft = planned(desired, seen(desired, both({ configHash: "old" })))
    expect(changes(draft)).toEqual([
      "replace service:web:1 (configuration changed)",
      "replace service:side:1 (it shares with web, which is replaced)",
    ])
    const ids = draft.operations.map(({ id }) => id)
    const stop = (letter: string) => ids.indexOf(`container:${id(letter).slice(0, 12)}/stop`)
    expect(stop("b")).toBeGreaterThan(-1)
    expect(stop("b")).toBeLessThan(stop("a"))
  })

  test("bug: a guest was put back before its host ran again", () => {
    const desired = desiredOf(pod)
    const { compensations } = planned(desired, seen(desired, both({ configHash: "old" })))
    const host = compensations?.find(({ verb, args }) => verb === "StartContainer" && args["id"] === id("a"))
    const guest = compensations?.find(({ verb, args }) => verb === "StartContainer" && args["id"] === id("b"))
    expect(host).toBeDefined()
    expect(guest?.needs).toContain(host?.id)
  })

  test("a replacement of the other that was finished in between is noticed by its id", () => {
    const desired = desiredOf(pod)
    const containers = both().map((container) =>
      container.service === "web" ? { ...container, id: id("c") } : container,
    )
    expect(changes(planned(desired, seen(desired, containers)))).toEqual([
      "replace service:side:1 (configuration changed)",
    ])
  })

  test("alone with --no-deps it shares with what is there, and is refused where nothing is", () => {
    const whole = desiredOf(pod, { noDeps: true })
    const alone = { ...whole, services: whole.services.slice(1), untouched: ["web"] }
    expect(planned(alone, seen(alone, both())).operations).toEqual([])
    const refused = planUp(alone, seen(alone, []))
    expect(Result.isFailure(refused) && refused.failure.message).toContain("service side shares with web")
  })

  test("volumes_from alone: recreated with the other, too", () => {
    const services = {
      web: { image: "img" },
      copy: { image: "img", volumes_from: ["web"], depends_on: dependsOn("web") },
    }
    const desired = desiredOf(services)
    const configHash = sharedHash(desired.services[1]!, { web: id("a") })
    const there = [
      running(desired, "web", { id: id("a"), configHash: "old" }),
      running(desired, "copy", { id: id("b"), configHash }),
    ]
    expect(changes(planned(desired, seen(desired, there)))[1]).toBe(
      "replace service:copy:1 (it shares with web, which is replaced)",
    )
  })

  test("a container with links is created when the linked ones have their names", () => {
    const services = {
      db: { image: "img", scale: 2 },
      web: { image: "img", links: ["db:data"], external_links: ["other", "far:near"], depends_on: dependsOn("db") },
    }
    const desired = desiredOf(services, {}, { db: { scale: 2 } })
    const there = [running(desired, "db", { id: id("a"), configHash: "old" })]
    const create = planned(desired, seen(desired, there)).operations.find(({ id }) => id === "service:web:1/create")
    expect(create?.needs).toEqual(["service:db:1/create", "service:db:1/rename", "service:db:2/create"])
    expect(create?.args["links"]).toEqual([
      "demo-db-1:data",
      "demo-db-1:db-1",
      "demo-db-1:demo-db-1",
      "demo-db-2:data",
      "demo-db-2:db-1",
      "demo-db-2:demo-db-1",
      "other:other",
      "far:near",
    ])
  })
})
