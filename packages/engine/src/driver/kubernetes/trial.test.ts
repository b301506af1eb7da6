import { Effect, Stream } from "effect"
import { describe, expect, it } from "vitest"
import type { KubeApi, KubeRequest, KubeResponse } from "./KubeApi.ts"
import type { DesiredObject } from "./state.ts"
import { tryApply } from "./trial.ts"

const object: DesiredObject = { kind: "Service", name: "web", service: "web", after: [], manifest: {} }
const reading = (resourceVersion: string, note: string) => ({
  metadata: { name: "web", uid: "u", resourceVersion, annotations: { note } },
})
const conflict = {
  reason: "Conflict",
  details: { causes: [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl"' }] },
}

/** An API that answers each request by the script, and keeps what it was asked. */
const scripted = (answer: (request: KubeRequest) => Pick<KubeResponse, "status" | "body">) => {
  const asked: Array<KubeRequest> = []
  const api: KubeApi = {
    server: "https://cluster",
    namespace: "default",
    send: (request) => {
      asked.push(request)
      return Effect.succeed({ date: undefined, ...answer(request) })
    },
    watch: () => Stream.empty,
  }
  return { api, asked }
}

describe("a dry run", () => {
  it("is compared with the version it started from, not with an older reading", async () => {
    // A controller wrote its note after the reading.
    const { api, asked } = scripted(() => ({ status: 200, body: reading("2", "by a controller") }))
    const trial = await Effect.runPromise(tryApply(api, "shop", object, reading("1", "as read")))
    expect(trial).toEqual({ _tag: "Unchanged" })
    expect(asked.map((request) => request.method)).toEqual(["PATCH", "GET", "PATCH"])
    expect(asked.filter((r) => r.method === "PATCH").every((r) => r.query?.["dryRun"] === "All")).toBe(true)
  })

  it("gives up on an object that never stands still", async () => {
    let version = 0
    const { api } = scripted(() => ({ status: 200, body: reading(String((version += 1)), "x") }))
    const error = await Effect.runPromise(Effect.flip(tryApply(api, "shop", object, reading("0", "x"))))
    expect(error).toMatchObject({ _tag: "EngineFailed", detail: "it keeps changing" })
  })

  it("never forces fields of an object that is not ours", async () => {
    const { api, asked } = scripted(({ method }) =>
      method === "PATCH"
        ? { status: 409, body: conflict }
        : {
            status: 200,
            body: { metadata: { ...reading("1", "x").metadata, managedFields: [{ manager: "kubectl" }] } },
          },
    )
    const trial = await Effect.runPromise(tryApply(api, "shop", object, undefined))
    expect(trial).toEqual({ _tag: "Taken", owner: "kubectl" })
    expect(asked[0]?.query).not.toHaveProperty("force")
  })

  it("passes on what the API refuses about an object that is not there", async () => {
    const { api } = scripted(({ method }) =>
      method === "PATCH" ? { status: 422, body: { message: "invalid" } } : { status: 404, body: {} },
    )
    const error = await Effect.runPromise(Effect.flip(tryApply(api, "shop", object, undefined)))
    expect(error).toMatchObject({ _tag: "EngineFailed", status: 422, detail: "invalid" })
  })
})
