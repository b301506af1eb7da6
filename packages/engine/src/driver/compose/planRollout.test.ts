// Replacing the replicas of a service: turns, gates, order, and what a failed run owes. States a crash leaves: planRecovery.
import { describe, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { desiredOf, id, type Loose, operations, planned, running, seen } from "./planFixtures.ts"

type Deploy = NonNullable<Service["deploy"]>
const deployOf = (config: Partial<Deploy>) => ({ resources: {}, placement: {}, ...config })

/** Two replicas (or more) of another command than the desired one. */
const rolling = (config: Partial<Deploy>, options: Parameters<typeof desiredOf>[1] = {}, scale = 2) => {
  const deploy = deployOf(config)
  const before = desiredOf({ web: { image: "img", command: ["a"], scale, deploy } })
  const desired = desiredOf({ web: { image: "img", command: ["b"], scale, deploy } }, options)
  const containers = Array.from({ length: scale }, (_, index) =>
    running(before, "web", { id: id("abcd"[index] ?? ""), number: index + 1 }),
  )
  return { before, desired, containers, observed: seen(desired, containers) }
}
const text = (config: Partial<Deploy>, options?: Parameters<typeof desiredOf>[1], scale?: number) => {
  const { desired, observed } = rolling(config, options, scale)
  return operations(desired, observed).replaceAll(/, configuration changed: command \(service:web:\d\)/g, "")
}

describe("replicas", () => {
  test("one after the other; the old ones stay until the last gate, and all come back", () => {
    expect(text({})).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer
      #2 [] service:web:2 CreateContainer
      #3 [1] service:web:1 StopContainer
      #4 [1,3] service:web:1 StartContainer
      #5 [4,1,3] service:web:1 Wait, until up (wait:web)
      #6 [2,5] service:web:2 StopContainer
      #7 [2,6] service:web:2 StartContainer
      #8 [7,2,6] service:web:2 Wait, until up (wait:web)
      #9 [5,8] service:web Barrier, all are up (wait:web)
      #10 [3,9] service:web:1 RemoveContainer
      #11 [10,1] service:web:1 RenameContainer
      #12 [6,9] service:web:2 RemoveContainer
      #13 [12,2] service:web:2 RenameContainer
      !1 [] service:web:1 StopContainer, from #4 until #9
      !2 [1] service:web:1 StartContainer, from #3 until #9
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #9
      !4 [3] service:web:2 StopContainer, from #7 until #9
      !5 [4] service:web:2 StartContainer, from #6 until #9
      !6 [4,5] service:web:2 RemoveContainer, from #2 until #9
      "
    `)
  })

  test("start-first: the old one serves until its successor has passed", () => {
    expect(text({ update_config: { order: "start-first", delay: "2s" } })).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer
      #2 [] service:web:2 CreateContainer
      #3 [1] service:web:1 StartContainer
      #4 [3,1] service:web:1 Wait, until up (wait:web)
      #5 [4] service:web:1 StopContainer
      #6 [5] service:web Delay, between two turns (wait:web)
      #7 [2,6] service:web:2 StartContainer
      #8 [7,2,6] service:web:2 Wait, until up (wait:web)
      #9 [8] service:web:2 StopContainer
      #10 [4,8] service:web Barrier, all are up (wait:web)
      #11 [5,10] service:web:1 RemoveContainer
      #12 [11,1] service:web:1 RenameContainer
      #13 [9,10] service:web:2 RemoveContainer
      #14 [13,2] service:web:2 RenameContainer
      !1 [] service:web:1 StartContainer, from #5 until #10
      !2 [1] service:web:1 StopContainer, from #3 until #10
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #10
      !4 [3] service:web:2 StartContainer, from #9 until #10
      !5 [4] service:web:2 StopContainer, from #7 until #10
      !6 [4,5] service:web:2 RemoveContainer, from #2 until #10
      "
    `)
  })

  test("all at once", () => {
    const { desired, observed } = rolling({ update_config: { parallelism: 0 } })
    const draft = planned(desired, observed)
    expect(draft.operations.find(({ id }) => id === `container:${id_("b")}/stop`)?.needs).toEqual([
      "service:web:2/create",
    ])
  })

  test("a share may fail: each turn ends with a tally of the verdicts so far", () => {
    expect(text({ update_config: { max_failure_ratio: 0.5, parallelism: 0, monitor: "3s" } })).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer
      #2 [] service:web:2 CreateContainer
      #3 [1] service:web:1 StopContainer
      #4 [1,3] service:web:1 StartContainer
      #5 [4,1,3] service:web:1 Wait, until up (wait:web)
      #6 [2] service:web:2 StopContainer
      #7 [2,6] service:web:2 StartContainer
      #8 [7,2,6] service:web:2 Wait, until up (wait:web)
      #9 [5,8] service:web Tally, failures so far (wait:web)
      #10 [5,8,9] service:web Barrier, all are up (wait:web)
      #11 [3,10] service:web:1 RemoveContainer
      #12 [11,1] service:web:1 RenameContainer
      #13 [6,10] service:web:2 RemoveContainer
      #14 [13,2] service:web:2 RenameContainer
      #15 [4,1,12,14] service:web:1 Wait, until up (wait:web)
      #16 [7,2,12,14] service:web:2 Wait, until up (wait:web)
      !1 [] service:web:1 StopContainer, from #4 until #10
      !2 [1] service:web:1 StartContainer, from #3 until #10
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #10
      !4 [3] service:web:2 StopContainer, from #7 until #10
      !5 [4] service:web:2 StartContainer, from #6 until #10
      !6 [4,5] service:web:2 RemoveContainer, from #2 until #10
      "
    `)
    const { desired, observed } = rolling({ update_config: { max_failure_ratio: 0.5, monitor: "3s" } })
    const { operations } = planned(desired, observed)
    expect(operations.find(({ id }) => id === "service:web:1/gate")?.args).toMatchObject({
      borne: true,
      stay: { healthy: 3000, running: 3000 },
    })
    expect(operations.find(({ id }) => id === "service:web/tally-1")).toMatchObject({
      args: { allowed: 1 },
      inputs: {
        "demo-web-1": { operation: "service:web:1/gate", output: "failure" },
        "demo-web-2": { operation: "service:web:2/gate", output: "failure" },
      },
    })
  })

  test("a share that is less than one replica bears nothing", () => {
    const { desired, observed } = rolling({ update_config: { max_failure_ratio: 0.4 } })
    expect(planned(desired, observed).operations.filter(({ verb }) => verb === "Tally")).toEqual([])
  })

  test("pause: nothing is put back, each old one goes after its own gate", () => {
    expect(text({ update_config: { failure_action: "pause" } })).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer
      #2 [] service:web:2 CreateContainer
      #3 [1] service:web:1 StopContainer
      #4 [1,3] service:web:1 StartContainer
      #5 [4,1,3] service:web:1 Wait, until up (wait:web)
      #6 [2,5] service:web:2 StopContainer
      #7 [2,6] service:web:2 StartContainer
      #8 [7,2,6] service:web:2 Wait, until up (wait:web)
      #9 [3,5] service:web:1 RemoveContainer
      #10 [9,1] service:web:1 RenameContainer
      #11 [6,8] service:web:2 RemoveContainer
      #12 [11,2] service:web:2 RenameContainer
      "
    `)
  })

  test("continue: failures are borne, and the run ends with waits that tell them", () => {
    const { desired, observed } = rolling({ update_config: { failure_action: "continue" } })
    const draft = planned(desired, observed)
    expect(draft.compensations).toBeUndefined()
    expect(draft.operations.find(({ id }) => id === "service:web:1/gate")?.args).toMatchObject({ borne: true })
    expect(draft.operations.filter(({ id }) => id.endsWith("/wait-settled"))).toHaveLength(2)
  })

  test("rollback_config: order, turns and delay of what comes back", () => {
    const { desired, observed } = rolling({ rollback_config: { order: "start-first", delay: "1s" } })
    expect(planned(desired, observed).compensations?.map(({ id, needs }) => [id, needs])).toMatchInlineSnapshot(`
      [
        [
          "service:web:1/undo-start",
          [],
        ],
        [
          "service:web:1/undo-stop",
          [
            "service:web:1/undo-start",
          ],
        ],
        [
          "service:web:1/undo-remove",
          [
            "service:web:1/undo-start",
            "service:web:1/undo-stop",
          ],
        ],
        [
          "service:web:1/undo-delay",
          [
            "service:web:1/undo-remove",
          ],
        ],
        [
          "service:web:2/undo-start",
          [
            "service:web:1/undo-delay",
          ],
        ],
        [
          "service:web:2/undo-stop",
          [
            "service:web:2/undo-start",
          ],
        ],
        [
          "service:web:2/undo-remove",
          [
            "service:web:2/undo-start",
            "service:web:2/undo-stop",
          ],
        ],
      ]
    `)
  })

  test("until started: no gate, but a start that fails brings the old one back", () => {
    expect(text({}, { until: "started" }, 1)).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer
      #2 [1] service:web:1 StopContainer
      #3 [1,2] service:web:1 StartContainer
      #4 [2,3] service:web:1 RemoveContainer
      #5 [4,1] service:web:1 RenameContainer
      !1 [] service:web:1 StopContainer, from #3 until #3
      !2 [1] service:web:1 StartContainer, from #2 until #3
      !3 [1,2] service:web:1 RemoveContainer, from #1 until #3
      "
    `)
  })
})

const id_ = (letter: string) => id(letter).slice(0, 12)

describe("nothing to come back to", () => {
  test.each([
    ["it did not run", { state: "exited" as const, exitCode: 0 }, {}],
    ["nothing is to be started", {}, { until: "created" as const }],
    ["its network is not the one it was attached to", { networks: { demo_default: "net0" } }, {}],
  ])("%s", (_, over, options) => {
    const { before, desired } = rolling({}, options, 1)
    const draft = planned(desired, seen(desired, [running(before, "web", over)]))
    expect(draft.compensations).toBeUndefined()
    const order = draft.operations.map(({ verb }) => verb).filter((verb) => verb !== "CreateNetwork" && verb !== "Wait")
    const start = "until" in options ? [] : ["StartContainer"]
    const stop = "state" in over ? [] : ["StopContainer"]
    expect(order).toEqual(["CreateContainer", ...stop, "RemoveContainer", "RenameContainer", ...start])
  })

  test("a job that was done is not run again by what brings it back", () => {
    const services = (command: string): Readonly<Record<string, Loose>> => ({
      job: { image: "img", command: [command] },
      web: { image: "img", depends_on: { job: { condition: "service_completed_successfully", required: true } } },
    })
    const desired = desiredOf(services("b"))
    const old = running(desiredOf(services("a")), "job", { id: id("a"), state: "exited", exitCode: 0 })
    const next = running(desired, "job", {
      id: id("b"),
      name: `${id_("a")}_demo-job-1`,
      state: "exited",
      exitCode: 1,
    })
    expect(planned(desired, seen(desired, [old, next])).compensations).toBeUndefined()
  })
})

test("ports that changed hands: whoever comes back waits until all successors have stopped", () => {
  const port = (published: string) => [{ target: 80, published, protocol: "tcp" }]
  const services = (a: string, b: string) => ({
    a: { image: "img", ports: port(a) },
    b: { image: "img", ports: port(b) },
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
  expect(draft.compensations?.find(({ id }) => id === "service:a:1/undo-start")?.needs).toEqual([
    "service:a:1/undo-stop",
    "service:b:1/undo-stop",
  ])
})

test("what lives in another's namespace comes back after it, and not once that one's old container is gone", () => {
  const services = (command: string): Readonly<Record<string, Loose>> => ({
    a: { image: "img", command: [command] },
    b: {
      image: "img",
      network_mode: "service:a",
      depends_on: { a: { condition: "service_started", required: true, restart: true } },
    },
  })
  const before = desiredOf(services("a"))
  const desired = desiredOf(services("b"))
  const containers = [running(before, "a"), running(before, "b", { id: id("b") })]
  const { groups, compensations = [] } = planned(desired, seen(desired, containers))
  expect(groups.filter(({ kind }) => kind === "replace")).toHaveLength(2)
  const [host, guest] = ["service:a:1/undo-start", "service:b:1/undo-start"].map((undo) =>
    compensations.find((compensation) => compensation.id === undo),
  )
  expect(guest?.needs).toContain(host?.id)
  expect(guest?.until).toBe(host?.until)
})
