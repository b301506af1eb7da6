// Lifecycle hooks: where they stand in a plan, what a container carries of them, and what becomes of left-overs.
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { brokenRule } from "../../plan/seal.ts"
import { defaultDownOptions, type LifecycleRequest } from "../Request.ts"
import { createBody } from "./createBody.ts"
import { hooksInLabels } from "./hooks.ts"
import { renderOperations } from "../../plan/render.ts"
import type { ObservedContainer } from "./Observed.ts"
import { planDown } from "./planDown.ts"
import { id, type Loose, desiredOf, nothing, operations, planned, running, seen } from "./planFixtures.ts"
import { planLifecycle } from "./planLifecycle.ts"
import { preStartBody } from "./preStart.ts"
import { inspectStack } from "./refusals.ts"
import { changes, modelOf, stackOf } from "./testBed.ts"

const hook = (...command: ReadonlyArray<string>) => ({ command })
const hooked: Loose = {
  image: "img",
  post_start: [{ ...hook("warm"), user: "root", environment: { A: "1", B: null } }, hook("tell")],
  pre_stop: [{ ...hook("drain"), privileged: true, working_dir: "/d" }],
}
const carried = {
  post_start: [{ command: ["warm"], user: "root", environment: ["A=1", "B"] }, { command: ["tell"] }],
  pre_stop: [{ command: ["drain"], privileged: true, working_dir: "/d" }],
}
const replica = { number: 1, image: "img", replaces: false, inherited: [], secrets: {} }

test("a container carries its hooks in a label, and only one that has any", () => {
  const labels = (service: Loose) => {
    const desired = desiredOf({ web: service })
    return createBody(desired, desired.services[0]!, replica)["Labels"] as Record<string, string> // the body is ours
  }
  expect(hooksInLabels(labels(hooked))).toEqual(carried)
  expect(labels({ image: "img" })["windflow.hooks"]).toBeUndefined()
  expect(hooksInLabels({ "windflow.hooks": "{ not ours" })).toBeUndefined()
})

describe("the plan", () => {
  test("post_start: one after the other behind the start; who depends on the service starts after them", () => {
    const desired = desiredOf({
      web: hooked,
      next: { image: "img", depends_on: { web: { condition: "service_started", required: true } } },
    })
    expect(operations(desired, nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [2,1] service:web:1 StartContainer, no container (service:web:1)
      #4 [3,2] service:web:1 RunHook, no container (service:web:1)
      #5 [4,2] service:web:1 RunHook, no container (service:web:1)
      #6 [1] service:next:1 CreateContainer, no container (service:next:1)
      #7 [6,5,1] service:next:1 StartContainer, no container (service:next:1)
      #8 [5,2,7] service:web:1 Wait, until up (wait:web)
      #9 [7,6] service:next:1 Wait, until up (wait:next)
      "
    `)
  })

  test("pre_stop: before a replacement stops the old one, with the hooks that this one has", () => {
    const desired = desiredOf({ web: { image: "img", command: ["new"] } })
    const old = running(desired, "web", { configHash: "old", hooks: carried })
    expect(operations(desired, seen(desired, [old]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer, configuration changed (service:web:1)
      #2 [1] service:web:1 RunHook, configuration changed (service:web:1)
      #3 [2] service:web:1 StopContainer, configuration changed (service:web:1)
      #4 [1,3] service:web:1 StartContainer, configuration changed (service:web:1)
      #5 [4,1,3] service:web:1 Wait, until up (wait:web)
      #6 [3,5] service:web:1 RemoveContainer, configuration changed (service:web:1)
      #7 [6,1] service:web:1 RenameContainer, configuration changed (service:web:1)
      !1 [] service:web:1 StopContainer, from #4 until #5
      !2 [1] service:web:1 StartContainer, from #3 until #5
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #5
      "
    `)
  })

  test.each([
    ["down, without the file", { hooks: carried }, ["RunHook", "StopContainer", "RemoveContainer"]],
    [
      "not in a container that is paused",
      { hooks: carried, state: "paused" as const },
      ["StopContainer", "RemoveContainer"],
    ],
    ["not in one that ended", { hooks: carried, state: "exited" as const }, ["RemoveContainer"]],
  ])("pre_stop: %s", (_, over, verbs) => {
    const desired = desiredOf({ web: hooked })
    const draft = planDown(
      { _tag: "Down", project: "demo", options: defaultDownOptions },
      { ...nothing, containers: [running(desired, "web", over)] },
    )
    expect(draft.operations.map(({ verb }) => verb)).toEqual(verbs)
    expect(renderOperations(draft)).not.toContain("undefined")
  })

  const verbsOf = (request: LifecycleRequest, over: Partial<ObservedContainer>) => {
    const containers = [running(desiredOf({ web: hooked }), "web", { hooks: carried, ...over })]
    const draft = Result.getOrThrow(planLifecycle(request, { ...nothing, containers }))
    expect(brokenRule(draft)).toBeUndefined()
    return draft.operations.map(({ verb, id }) => (verb === "RunHook" ? /(\w+-\w+)-\d+$/.exec(id)?.[1] : verb))
  }
  const project = "demo"
  const waiting = { noDeps: false, wait: false, waitTimeout: 60 }
  const ended = { state: "exited", exitCode: 0 } as const
  test.each<[string, LifecycleRequest, Partial<ObservedContainer>, ReadonlyArray<string>]>([
    ["stop", { _tag: "Stop", project }, {}, ["pre-stop", "StopContainer"]],
    ["start", { _tag: "Start", project, ...waiting }, ended, ["StartContainer", "post-start", "post-start"]],
    ["start of what is paused", { _tag: "Start", project, ...waiting }, { state: "paused" }, ["UnpauseContainer"]],
    [
      "restart",
      { _tag: "Restart", project, ...waiting },
      {},
      ["pre-stop", "RestartContainer", "post-start", "post-start"],
    ],
    [
      "restart of what ended",
      { _tag: "Restart", project, ...waiting },
      ended,
      ["RestartContainer", "post-start", "post-start"],
    ],
    [
      "rm --stop",
      { _tag: "Remove", project, stop: true, volumes: false },
      {},
      ["pre-stop", "StopContainer", "RemoveContainer"],
    ],
    ["kill asks nobody", { _tag: "Kill", project, signal: "SIGKILL" }, {}, ["KillContainer"]],
  ])("%s, without the file", (_, request, over, verbs) => {
    expect(verbsOf(request, over)).toEqual(verbs)
  })

  test("start: a dependent waits until the hooks of what it depends on are through", () => {
    const desired = desiredOf({ web: hooked })
    const dependsOn = [{ service: "web", condition: "service_started", restart: false }] as const
    const containers = [
      running(desired, "web", { id: id("a"), hooks: carried, ...ended }),
      running(desired, "web", { id: id("b"), service: "next", name: "demo-next-1", dependsOn, ...ended }),
    ]
    const draft = planLifecycle({ _tag: "Start", project, ...waiting }, { ...nothing, containers })
    expect(`\n${renderOperations(Result.getOrThrow(draft))}\n`).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StartContainer, start (update:demo-web-1)
      #2 [1] service:web:1 RunHook, start (update:demo-web-1)
      #3 [2] service:web:1 RunHook, start (update:demo-web-1)
      #4 [3] service:next:1 StartContainer, start (update:demo-next-1)
      "
    `)
  })

  test("pre_stop: of a container that Compose made, what the file says", () => {
    const desired = desiredOf({ web: hooked })
    const theirs = running(desired, "web", { configHash: "old", fields: undefined })
    const verbs = planned(desired, seen(desired, [theirs])).operations.map(({ verb }) => verb)
    expect(verbs).toContain("RunHook")
    expect(verbs.indexOf("RunHook")).toBeLessThan(verbs.indexOf("StopContainer"))
  })

  const prepared: Loose = { image: "img", scale: 2, pre_start: [hook("one"), { ...hook("two"), image: "other" }] }
  const desiredTwo = desiredOf({ web: prepared }, {}, { web: { scale: 2 } })
  test("pre_start: once, before the first of all containers", () => {
    expect(operations(desiredTwo, nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [1,2] service:web:1 RunPreStart, no container (service:web:1)
      #4 [1,2,3] service:web:1 RunPreStart, no container (service:web:1)
      #5 [2,4,1] service:web:1 StartContainer, no container (service:web:1)
      #6 [1] service:web:2 CreateContainer, no container (service:web:2)
      #7 [6,4,1] service:web:2 StartContainer, no container (service:web:2)
      #8 [5,2,7] service:web:1 Wait, until up (wait:web)
      #9 [7,6,5] service:web:2 Wait, until up (wait:web)
      "
    `)
  })

  test("pre_start: not when a container runs on, again when all are stopped", () => {
    const [first, second] = [
      running(desiredTwo, "web", { id: id("a"), number: 1 }),
      running(desiredTwo, "web", { id: id("b"), number: 2 }),
    ]
    const verbs = (...containers: ReadonlyArray<typeof first>) =>
      planned(desiredTwo, seen(desiredTwo, containers)).operations.map(({ verb }) => verb)
    expect(verbs(first)).not.toContain("RunPreStart")
    const ended = { state: "exited", exitCode: 1 } as const
    expect(verbs({ ...first, ...ended }, second)).not.toContain("RunPreStart")
    expect(verbs({ ...first, ...ended }, { ...second, ...ended })).toEqual([
      "RunPreStart",
      "RunPreStart",
      "StartContainer",
      "StartContainer",
      "Wait",
      "Wait",
    ])
  })

  test("a container of a hook that a crash left is removed, and is no replica", () => {
    const left = running(desiredTwo, "web", { id: id("c"), name: "wonderful_name", ofHook: true })
    const there = [1, 2].map((number) => running(desiredTwo, "web", { id: id(String(number)), number }))
    expect(changes(planned(desiredTwo, seen(desiredTwo, [left, ...there])))).toEqual([
      "delete service:web:1 (left over from a hook)",
    ])
  })
})

test("a pre_start container has the volumes of the service's container, its networks and both environments", () => {
  const service: Loose = {
    image: "img",
    environment: { A: "1" },
    pre_start: [{ command: ["seed"], image: "tool", environment: { B: "2" }, user: "5", privileged: true }],
  }
  const desired = desiredOf({ web: service })
  const run = { service: desired.services[0]!, index: 0, container: "abc", shared: {} }
  expect(preStartBody(desired, run)).toEqual({
    Image: "tool",
    Cmd: ["seed"],
    User: "5",
    WorkingDir: "",
    Env: ["A=1", "B=2"],
    Labels: {
      "com.docker.compose.project": "demo",
      "com.docker.compose.service": "web",
      "com.docker.compose.version": "5.5.0",
      "windflow.hook": "pre_start",
    },
    HostConfig: { Privileged: true, VolumesFrom: ["abc"], NetworkMode: "demo_default" },
    NetworkingConfig: { EndpointsConfig: { demo_default: { Aliases: ["demo-web-0", "web"] } } },
  })
  expect(preStartBody(desired, { ...run, index: 1 })).toBeUndefined()
})

test("per_replica is refused", () => {
  const service: Loose = { image: "img", pre_start: [{ command: ["x"], per_replica: true }] }
  const { refused } = inspectStack(stackOf(modelOf("demo", { web: service })), true)
  expect(refused.map(({ path }) => path)).toEqual(["services.web.pre_start[0].per_replica"])
})
