// Every state a crash can leave in the middle of a replacement, and the plan that ends it.
import { describe, expect, test } from "vitest"
import type { ObservedContainer } from "./Observed.ts"
import { desiredOf, edited, id, nothing, operations, planned, running, seen, web } from "./planFixtures.ts"

describe("what a crash leaves", () => {
  const before = desiredOf(web)
  const desired = desiredOf(edited)
  const old = running(before, "web", { id: id("a") })
  const temporary = (over: Partial<ObservedContainer> = {}) =>
    running(desired, "web", { id: id("b"), name: `${id("a").slice(0, 12)}_demo-web-1`, state: "created", ...over })

  test("a network and no containers", () => {
    expect(operations(desired, seen(desired, []))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer, no container (service:web:1)
      #2 [1] service:web:1 StartContainer, no container (service:web:1)
      #3 [2,1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("created, not started", () => {
    const created = running(desired, "web", { state: "created", networks: { demo_default: "" } })
    expect(operations(desired, seen(desired, [created]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StartContainer, not started yet (service:web:1)
      #2 [1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("replacement created, old one running", () => {
    expect(operations(desired, seen(desired, [old, temporary()]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StopContainer, configuration changed: command (service:web:1)
      #2 [1] service:web:1 StartContainer, configuration changed: command (service:web:1)
      #3 [2,1] service:web:1 Wait, until up (wait:web)
      #4 [1,3] service:web:1 RemoveContainer, configuration changed: command (service:web:1)
      #5 [4] service:web:1 RenameContainer, configuration changed: command (service:web:1)
      !1 [] service:web:1 StopContainer, from #2 until #3
      !2 [1] service:web:1 StartContainer, from #1 until #3
      !3 [1,2] service:web:1 RemoveContainer, from #2 until #3
      "
    `)
  })

  test("replacement created, old one stopped", () => {
    expect(operations(desired, seen(desired, [{ ...old, state: "exited", exitCode: 137 }, temporary()])))
      .toMatchInlineSnapshot(`
        "
        #1 [] service:web:1 StartContainer, configuration changed: command (service:web:1)
        #2 [1] service:web:1 Wait, until up (wait:web)
        #3 [2] service:web:1 RemoveContainer, configuration changed: command (service:web:1)
        #4 [3] service:web:1 RenameContainer, configuration changed: command (service:web:1)
        !1 [] service:web:1 StopContainer, from #1 until #2
        !2 [1] service:web:1 StartContainer, from #1 until #2
        !3 [1,2] service:web:1 RemoveContainer, from #1 until #2
        "
      `)
  })

  test("old one removed, not yet renamed", () => {
    expect(operations(desired, seen(desired, [temporary()]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 RenameContainer, an interrupted replacement is finished (service:web:1)
      #2 [1] service:web:1 StartContainer, an interrupted replacement is finished (service:web:1)
      #3 [2] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("renamed, not started", () => {
    expect(operations(desired, seen(desired, [running(desired, "web", { state: "created" })]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StartContainer, not started yet (service:web:1)
      #2 [1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("the file went back meanwhile: the replacement goes, the old one stays", () => {
    expect(operations(before, seen(before, [old, temporary()]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 RemoveContainer, left over from an interrupted replacement (surplus:aaaaaaaaaaaa_demo-web-1)
      "
    `)
  })

  test("the file changed again: the left-over goes before another replacement takes its name", () => {
    const third = desiredOf({ web: { image: "img", command: ["third"] } })
    expect(operations(third, seen(third, [old, temporary()]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 RemoveContainer, left over from an interrupted replacement (surplus:aaaaaaaaaaaa_demo-web-1)
      #2 [1] service:web:1 CreateContainer, configuration changed: command (service:web:1)
      #3 [2] service:web:1 StopContainer, configuration changed: command (service:web:1)
      #4 [2,3] service:web:1 StartContainer, configuration changed: command (service:web:1)
      #5 [4,2,3] service:web:1 Wait, until up (wait:web)
      #6 [3,5] service:web:1 RemoveContainer, configuration changed: command (service:web:1)
      #7 [6,2] service:web:1 RenameContainer, configuration changed: command (service:web:1)
      !1 [] service:web:1 StopContainer, from #4 until #5
      !2 [1] service:web:1 StartContainer, from #3 until #5
      !3 [1,2] service:web:1 RemoveContainer, from #2 until #5
      "
    `)
  })

  test("only an outdated replacement is left: it is replaced like any other", () => {
    const third = desiredOf({ web: { image: "img", command: ["third"] } })
    expect(operations(third, seen(third, [temporary()]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 CreateContainer, configuration changed: command (service:web:1)
      #2 [1] service:web:1 RemoveContainer, configuration changed: command (service:web:1)
      #3 [2,1] service:web:1 RenameContainer, configuration changed: command (service:web:1)
      #4 [3,1] service:web:1 StartContainer, configuration changed: command (service:web:1)
      #5 [4,1] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("a forced recreation goes on with the replacement it made", () => {
    const forced = desiredOf(web, { recreate: "force" })
    const next = running(forced, "web", { id: id("b"), name: `${id("a").slice(0, 12)}_demo-web-1`, state: "created" })
    const draft = planned(forced, seen(forced, [running(forced, "web"), next]))
    expect(draft.operations.filter(({ verb }) => verb === "CreateContainer")).toEqual([])
  })

  test("dead or half removed: removed first, then created", () => {
    expect(operations(desired, seen(desired, [running(desired, "web", { state: "dead" })]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 RemoveContainer, it is dead (surplus:demo-web-1)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [2] service:web:1 StartContainer, no container (service:web:1)
      #4 [3,2] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  test("a network removed, its container stopped", () => {
    const container = running(desired, "web", { state: "exited", exitCode: 137, networks: { demo_default: "net0" } })
    expect(operations(desired, { ...nothing, containers: [container] })).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, network default was made anew (service:web:1)
      #3 [2] service:web:1 RemoveContainer, network default was made anew (service:web:1)
      #4 [3,2] service:web:1 RenameContainer, network default was made anew (service:web:1)
      #5 [4,2,1] service:web:1 StartContainer, network default was made anew (service:web:1)
      #6 [5,2] service:web:1 Wait, until up (wait:web)
      "
    `)
  })
})
