import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { brokenRule, renderOperations } from "../../plan/index.ts"
import { defaultUpOptions, type UpOptions } from "../Request.ts"
import { stackOf, webModel } from "./fixtures.ts"
import { plan } from "./plan.ts"
import { prepare } from "./prepare.ts"
import { type Desired, keyOf, type LiveObject, type Observed, type Trial } from "./state.ts"

const desiredOf = (options: Partial<UpOptions> = {}): Desired =>
  Result.getOrThrow(
    prepare({
      _tag: "Up",
      stack: stackOf(webModel("shop", { image: "busybox" })),
      options: { ...defaultUpOptions, ...options },
    }),
  )

const down: Desired = Result.getOrThrow(
  prepare({ _tag: "Down", project: "shop", options: { volumes: false, removeOrphans: true } }),
)

const deployed = (desired: Desired): ReadonlyArray<LiveObject> =>
  desired.objects.map((object, index) => ({
    kind: object.kind,
    name: object.name,
    uid: `u${index}`,
    resourceVersion: `${100 + index}`,
    generation: object.kind === "Deployment" ? 1 : undefined,
    service: object.service,
    dependsOn: object.kind === "Deployment" && object.name === "web" ? ["api"] : [],
    deleting: false,
    settled: true,
  }))

const observedOf = (
  desired: Desired,
  live: ReadonlyArray<LiveObject>,
  trials: Readonly<Record<string, Trial>> = {},
): Observed => ({
  live,
  trials: {
    ...Object.fromEntries(
      desired.objects.map((object) => [
        keyOf(object),
        live.some((other) => keyOf(other) === keyOf(object)) ? { _tag: "Unchanged" } : { _tag: "Creates" },
      ]),
    ),
    ...trials,
  },
})

const draftOf = (desired: Desired, observed: Observed) => {
  const draft = Result.getOrThrow(plan(desired, observed))
  expect(brokenRule(draft)).toBeUndefined()
  return draft
}
const planned = (desired: Desired, observed: Observed) => `\n${renderOperations(draftOf(desired, observed))}\n`

describe("the Kubernetes planner", () => {
  it("creates what is read first, and web after api is rolled out", () => {
    const desired = desiredOf()
    expect(planned(desired, observedOf(desired, []))).toMatchInlineSnapshot(`
      "
      #1 [] configmap:config.shop.motd Apply, does not exist (create:configmap:config.shop.motd)
      #2 [] service:api Apply, does not exist (create:service:api)
      #3 [2] deployment:api Apply, does not exist (create:deployment:api)
      #4 [3] deployment:api WaitRollout, rollout (wait:deployment:api)
      #5 [] configmap:web.env Apply, does not exist (create:configmap:web.env)
      #6 [] service:web Apply, does not exist (create:service:web)
      #7 [6,4,1,5] deployment:web Apply, does not exist (create:deployment:web)
      #8 [7] deployment:web WaitRollout, rollout (wait:deployment:web)
      "
    `)
  })

  it("orders by the gates only when nobody waits for health", () => {
    const desired = desiredOf({ until: "started" })
    const waits = draftOf(desired, observedOf(desired, [])).operations.filter((o) => o.verb === "WaitRollout")
    expect(waits.map((operation) => operation.id)).toEqual(["deployment:api/rollout"])
  })

  it("does nothing when the dry runs change nothing", () => {
    const desired = desiredOf()
    const draft = draftOf(desired, observedOf(desired, deployed(desired)))
    expect(draft.operations).toEqual([])
    expect(draft.groups.map((group) => group.kind)).toEqual(["none", "none", "none", "none", "none", "none"])
  })

  it("waits again for a rollout that has not settled, and for nothing else", () => {
    const desired = desiredOf()
    const live = deployed(desired).map((object) =>
      object.kind === "Deployment" && object.name === "web" ? { ...object, settled: false } : object,
    )
    expect(planned(desired, observedOf(desired, live))).toMatchInlineSnapshot(`
      "
      #1 [] deployment:web WaitRollout, rollout (wait:deployment:web)
      "
    `)
    expect(draftOf(desired, observedOf(desired, live)).snapshot).toEqual(
      draftOf(desired, observedOf(desired, deployed(desired))).snapshot,
    )
  })

  it("updates with the cause and the observed state as precondition", () => {
    const desired = desiredOf()
    const draft = draftOf(
      desired,
      observedOf(desired, deployed(desired), {
        "Deployment/web": {
          _tag: "Changes",
          fields: [{ path: "spec.template.spec.containers[0].image", before: "busybox:0", after: "busybox" }],
        },
      }),
    )
    expect(`\n${renderOperations(draft)}\n`).toMatchInlineSnapshot(`
      "
      #1 [] deployment:web Apply, image changed (update:deployment:web)
      #2 [1] deployment:web WaitRollout, rollout (wait:deployment:web)
      "
    `)
    expect(draft.operations[0]?.precondition).toEqual({ uid: "u5", generation: "1" })
  })

  it("replaces an object whose immutable field changes", () => {
    const desired = desiredOf()
    const trials = { "Service/api": { _tag: "Immutable", field: "spec.clusterIPs[0]" } } as const
    expect(planned(desired, observedOf(desired, deployed(desired), trials))).toMatchInlineSnapshot(`
      "
      #1 [] service:api Delete, spec.clusterIPs[0] cannot change in place (replace:service:api)
      #2 [1] service:api Apply, spec.clusterIPs[0] cannot change in place (replace:service:api)
      "
    `)
  })

  it("waits for an object that is being deleted before it creates it", () => {
    const desired = desiredOf()
    const live = deployed(desired).map((object) =>
      keyOf(object) === "Deployment/web" ? { ...object, deleting: true } : object,
    )
    expect(planned(desired, observedOf(desired, live))).toMatchInlineSnapshot(`
      "
      #1 [] deployment:web WaitGone, it is being deleted (replace:deployment:web)
      #2 [1] deployment:web Apply, it is being deleted (replace:deployment:web)
      #3 [2] deployment:web WaitRollout, rollout (wait:deployment:web)
      "
    `)
  })

  it("takes everything down from labels alone, dependents first", () => {
    expect(planned(down, observedOf(down, deployed(desiredOf())))).toMatchInlineSnapshot(`
      "
      #1 [] deployment:web Delete, the deployment is removed (delete:deployment:web)
      #2 [1] deployment:web WaitGone, the deployment is removed (delete:deployment:web)
      #3 [2] deployment:api Delete, the deployment is removed (delete:deployment:api)
      #4 [3] deployment:api WaitGone, the deployment is removed (delete:deployment:api)
      #5 [2,4] configmap:config.shop.motd Delete, the deployment is removed (delete:configmap:config.shop.motd)
      #6 [4] service:api Delete, the deployment is removed (delete:service:api)
      #7 [2] configmap:web.env Delete, the deployment is removed (delete:configmap:web.env)
      #8 [2] service:web Delete, the deployment is removed (delete:service:web)
      "
    `)
  })

  it("deletes what is no longer in the stack last, orphans only when asked", () => {
    const old: LiveObject = {
      kind: "Deployment",
      name: "old",
      uid: "u9",
      resourceVersion: "9",
      generation: 3,
      service: "old",
      dependsOn: [],
      deleting: false,
      settled: true,
    }
    const keep = desiredOf()
    const kept = draftOf(keep, observedOf(keep, [...deployed(keep), old]))
    expect(kept.operations).toEqual([])
    expect(kept.warnings).toEqual(["service old is not in the stack and still runs: --remove-orphans removes it"])
    const drop = desiredOf({ removeOrphans: true })
    expect(planned(drop, observedOf(drop, [...deployed(drop), old]))).toMatchInlineSnapshot(`
      "
      #1 [] deployment:old Delete, no longer in the stack (delete:deployment:old)
      #2 [1] deployment:old WaitGone, no longer in the stack (delete:deployment:old)
      "
    `)
  })

  it("leaves services alone that were not asked for", () => {
    const desired = desiredOf({ services: ["api"], removeOrphans: true })
    expect(draftOf(desired, observedOf(desired, deployed(desiredOf()))).operations).toEqual([])
  })

  it.each([
    [{ _tag: "Taken", owner: "kubectl" }, "NameTaken"],
    [{ _tag: "PortTaken", port: "30080", detail: "allocated" }, "PortInUse"],
  ] as const)("refuses %j", (trial, tag) => {
    const desired = desiredOf()
    const result = plan(desired, observedOf(desired, [], { "Service/api": trial }))
    expect(Result.isFailure(result) && result.failure._tag).toBe(tag)
  })
})
