import { assert, describe, it } from "vitest"
import { Internal } from "../model/errors/union.ts"
import { digestJson, portableSha256Hex, sha256Hex } from "./digest.ts"
import type { Operation } from "./Operation.ts"
import { type Plan, type PlanDraft, waitsOf } from "./Plan.ts"
import { renderOperations, renderPlan } from "./render.ts"
import { brokenRule, seal, type PlanSubject } from "./seal.ts"

const operation = (id: string, over: Partial<Operation> = {}): Operation => ({
  id,
  verb: "Do",
  resource: "service:web:1",
  group: "create:web",
  cause: "missing",
  needs: [],
  recovery: "observe",
  args: {},
  ...over,
})
const group = (id: string, kind: Plan["groups"][number]["kind"] = "create") => ({
  id,
  kind,
  resource: "service:web:1",
  cause: "missing",
  fields: [],
})
const draft = (over: Partial<PlanDraft> = {}): PlanDraft => ({
  groups: [group("create:web")],
  operations: [
    operation("a", { verb: "CreateContainer" }),
    operation("b", { verb: "StartContainer", needs: ["a"], inputs: { id: { operation: "a", output: "id" } } }),
  ],
  snapshot: { containers: [] },
  warnings: [],
  ...over,
})
const subject: PlanSubject = {
  project: "shop",
  target: { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///x"] },
  driver: "fake",
  intent: "up",
  desired: { services: ["web"] },
}

describe("the rules of a plan", () => {
  it("hold for a good one", () => assert.isUndefined(brokenRule(draft())))

  it.each<[string, Partial<PlanDraft>]>([
    ["two groups share an id", { groups: [group("create:web"), group("create:web")] }],
    ["two operations have the id a", { operations: [operation("a"), operation("a")] }],
    [
      "a needs b, which does not stand before it",
      { operations: [operation("a", { needs: ["b"] }), operation("b", { needs: ["a"] })] },
    ],
    ["a needs a, which does not stand before it", { operations: [operation("a", { needs: ["a"] })] }],
    [
      "b reads an output of a without needing it",
      { operations: [operation("a"), operation("b", { inputs: { id: { operation: "a", output: "id" } } })] },
    ],
    ["a belongs to the unknown group other", { operations: [operation("a", { group: "other" })] }],
    ["group update:x has no operation", { groups: [group("create:web"), group("update:x", "update")] }],
    [
      "w waits, so it must be idempotent",
      {
        groups: [group("create:web"), group("wait:web", "wait")],
        operations: [operation("a"), operation("w", { group: "wait:web" })],
      },
    ],
  ])("are told when broken: %s", (rule, over) => {
    assert.strictEqual(brokenRule(draft(over)), rule)
    assert.throws(() => seal(draft(over), subject), Internal)
  })

  it("let a group without operations stand when nothing is done to it", () =>
    assert.isUndefined(brokenRule(draft({ groups: [group("create:web"), group("none:db", "none")] }))))
})

describe("a sealed plan", () => {
  const plan = seal(
    draft({
      groups: [group("create:web"), group("wait:web", "wait"), group("run:job", "run"), group("none:db", "none")],
      operations: [
        ...draft().operations,
        operation("w", { group: "wait:web", needs: ["b"], recovery: "idempotent" }),
        operation("j", { group: "run:job", needs: ["w", "a"] }),
      ],
      warnings: ["something is odd"],
    }),
    subject,
  )

  it("knows its groups' operations, needs and changes", () => {
    assert.strictEqual(plan.deployment, "shop@local")
    assert.strictEqual(plan.changes, 2)
    assert.deepStrictEqual(
      plan.groups.map(({ id, needs, operations }) => [id, needs, operations]),
      [
        ["create:web", [], ["a", "b"]],
        ["wait:web", ["create:web"], ["w"]],
        ["run:job", ["wait:web", "create:web"], ["j"]],
        ["none:db", [], []],
      ],
    )
    assert.deepStrictEqual([...waitsOf(plan)], ["w"])
  })

  it("reads as prose and as operations", () => {
    assert.strictEqual(
      renderPlan(plan),
      [
        "shop@local: 2 changes",
        "  + create service:web:1  (missing)",
        "  > run service:web:1  (missing)",
        "  ! something is odd",
      ].join("\n"),
    )
    assert.strictEqual(
      renderOperations(plan),
      [
        "#1 [] service:web:1 CreateContainer, missing (create:web)",
        "#2 [1] service:web:1 StartContainer, missing (create:web)",
        "#3 [2] service:web:1 Do, missing (wait:web)",
        "#4 [3,1] service:web:1 Do, missing (run:job)",
      ].join("\n"),
    )
    const fields = [
      { path: "image", before: "web:1", after: "web:2" },
      { path: "init", after: "true" },
    ]
    const changed = seal(draft({ groups: [{ ...group("create:web", "replace"), fields }] }), subject)
    assert.strictEqual(
      renderPlan(changed),
      [
        "shop@local: 1 change",
        "  ± replace service:web:1  (missing)",
        "    image: web:1 → web:2",
        "    init: (none) → true",
      ].join("\n"),
    )
    const nothing = seal(draft({ groups: [], operations: [] }), subject)
    assert.strictEqual(renderPlan(nothing), "shop@local is up to date: nothing to do.")
  })

  it("is named by what was agreed to, and not by its warnings", () => {
    const base = seal(draft(), subject)
    const hash = (over: Partial<PlanDraft>, other: Partial<PlanSubject> = {}) =>
      seal(draft(over), { ...subject, ...other }).hash
    assert.strictEqual(hash({ warnings: ["x"] }), base.hash)
    assert.notStrictEqual(hash({ snapshot: { containers: ["c1"] } }), base.hash)
    assert.notStrictEqual(hash({}, { target: { ...subject.target, endpoints: ["tcp://192.0.2.1:2375"] } }), base.hash)
    assert.notStrictEqual(hash({}, { intent: "rollback" }), base.hash)
    const [shown, ...others] = draft().groups
    assert.notStrictEqual(hash({ groups: [{ ...shown!, cause: "another" }, ...others] }), base.hash)
    assert.notStrictEqual(seal(draft(), { ...subject, desired: { services: ["db"] } }).hash, base.hash)
    const [a, b] = draft().operations
    assert.notStrictEqual(hash({ operations: [a!, { ...b!, precondition: { id: "c1" } }] }), base.hash)
    assert.strictEqual(seal(draft({ snapshot: { b: 1, a: [2] } }), subject).snapshot, digestJson({ a: [2], b: 1 }))
  })
})

describe("a digest", () => {
  it("is SHA-256 of JSON whose keys are sorted, at any depth", () => {
    assert.strictEqual(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert.strictEqual(digestJson({ b: [{ d: null, c: "é" }], a: 1 }), sha256Hex('{"a":1,"b":[{"c":"é","d":null}]}'))
    assert.notStrictEqual(digestJson([1, 2]), digestJson([2, 1]))
    assert.strictEqual(digestJson(JSON.parse('{"b":1,"__proto__":2}')), sha256Hex('{"__proto__":2,"b":1}'))
    assert.strictEqual(digestJson([null, true, 1.5, -0, ""]), sha256Hex('[null,true,1.5,0,""]'))
    assert.strictEqual(digestJson({ b: 1, 80: 2, 9: 3 }), digestJson({ 9: 3, 80: 2, b: 1 }))
  })
  it("is the same with and without Node's own hash", () => {
    for (const text of ["", "abc", "é😀", "x".repeat(1000)])
      assert.strictEqual(portableSha256Hex(text), sha256Hex(text))
  })
})
