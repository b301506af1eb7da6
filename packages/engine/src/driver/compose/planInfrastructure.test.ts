/** Networks that have another name now. */
import { expect, test } from "vitest"
import { desiredOf, id, operations, planned, running, seen, web } from "./planFixtures.ts"

const renamed = (desired: ReturnType<typeof desiredOf>) =>
  desired.networks.map((network) => ({ ...network, model: { ...network.model, name: "demo-new" } }))

test("a renamed network: the old one goes after the containers that were attached to it", () => {
  const before = desiredOf(web)
  const desired = { ...before, networks: renamed(before) }
  expect(operations(desired, seen(before, [running(before, "web")]))).toMatchInlineSnapshot(`
    "
    #1 [] network:default CreateNetwork, no network (network:default)
    #2 [1] service:web:1 CreateContainer, not attached to network default (service:web:1)
    #3 [2] service:web:1 StopContainer, not attached to network default (service:web:1)
    #4 [2,3,1] service:web:1 StartContainer, not attached to network default (service:web:1)
    #5 [4,2,3] service:web:1 Wait, until up (wait:web)
    #6 [3,5] service:web:1 RemoveContainer, not attached to network default (service:web:1)
    #7 [6,2] service:web:1 RenameContainer, not attached to network default (service:web:1)
    #8 [6] network:demo_default RemoveNetwork, renamed (network:demo_default)
    !1 [] service:web:1 StopContainer, from #4 until #5
    !2 [1] service:web:1 StartContainer, from #3 until #5
    !3 [1,2] service:web:1 RemoveContainer, from #2 until #5
    "
  `)
})

test("it stays when the run leaves one of its containers alone, and is not tried again once the new one is there", () => {
  const before = desiredOf(web)
  const desired = { ...before, networks: renamed(before), untouched: ["api"] }
  const observed = seen(before, [running(before, "web"), running(before, "api", { id: id("b") })])
  const draft = planned(desired, observed)
  expect(draft.operations.map(({ verb }) => verb)).not.toContain("RemoveNetwork")
  expect(draft.warnings).toEqual([
    "Network demo_default has another name in the file. It is kept, because containers of this project use it.",
  ])
  const networks = [...observed.networks, ...seen(desired, []).networks]
  const again = planned(desired, { ...observed, containers: [], networks })
  expect(again.operations.map(({ verb }) => verb)).not.toContain("RemoveNetwork")
})
