// Configs and secrets: what is mounted, what is uploaded, when a change of content replaces, and that no value is left anywhere.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, Result } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import type { Stack } from "../../model/Stack.ts"
import type { StackModel } from "../../model/StackModel.ts"
import { makeHeldContents, readContents } from "./contents.ts"
import { containerMounts } from "./mounts.ts"
import { type Loose, desiredOf, nothing, operations, planned, running, seen } from "./planFixtures.ts"
import { inspectStack } from "./refusals.ts"
import { changes, modelOf, stackOf } from "./testBed.ts"
import { uploadsOf } from "./uploads.ts"

const directory = mkdtempSync(join(tmpdir(), "windflow-contents-"))
afterAll(() => rmSync(directory, { recursive: true }))

const file = join(directory, "app.conf")
const objects: Pick<StackModel, "configs" | "secrets"> = {
  configs: { inline: { name: "demo_inline", content: "a=1\n" }, mounted: { name: "demo_mounted", file } },
  secrets: { token: { name: "demo_token", environment: "TOKEN" } },
}
const granted: Loose = {
  image: "img",
  configs: [{ source: "inline", target: "etc/app.conf", mode: "0440" }, { source: "mounted" }],
  secrets: [{ source: "token", target: "api", uid: "1000", gid: "1001" }],
}
const stack = (values: Readonly<Record<string, string>>, model = objects): Stack => {
  const base = stackOf(modelOf("demo", { web: granted }, model), directory)
  const content = (kind: string, name: string) => {
    const value = values[`${kind}/${name}`]
    return value === undefined ? undefined : Redacted.make(value)
  }
  return { ...base, origin: { ...base.origin, content } }
}
const read = (from: Stack, held = makeHeldContents()) =>
  Effect.runPromise(Effect.result(readContents(from, ["web"], held)))

const desired = (contents: ReadonlyArray<{ kind: "configs" | "secrets"; key: string; digest: string }> = []) => ({
  ...desiredOf({ web: granted }, {}, { web: { contents, extra: contents.map(({ digest }) => digest).join("") } }),
  configs: objects.configs ?? {},
  secretFiles: objects.secrets ?? {},
})

describe("reading", () => {
  test("each content has a digest; it changes with the content, and values stay in this process", async () => {
    writeFileSync(file, "old")
    const held = makeHeldContents()
    const before = Result.getOrThrow(await read(stack({ "secrets/token": "hush" }), held)).get("web") ?? []
    expect(before.map(({ kind, key, digest }) => [kind, key, digest.length])).toEqual([
      ["configs", "inline", 16],
      ["configs", "mounted", 16],
      ["secrets", "token", 16],
    ])
    expect(JSON.stringify(before)).not.toContain("hush")
    expect(before.map((content) => held.get(content)).map((value) => value && Redacted.value(value))).toEqual([
      undefined,
      undefined,
      "hush",
    ])
    writeFileSync(file, "new")
    const after = Result.getOrThrow(await read(stack({ "secrets/token": "louder" }))).get("web") ?? []
    expect(after.map(({ digest }, index) => digest === before[index]?.digest)).toEqual([true, false, false])
  })

  test("a digest of a secret is not the plain one of its value, and not that of another project", async () => {
    const one = stack({ "secrets/token": "hush" })
    const other = { ...one, name: "other" }
    const digests = await Promise.all([one, other].map(async (from) => Result.getOrThrow(await read(from)).get("web")))
    const [first, second] = digests.map((list) => list?.at(-1)?.digest ?? "")
    expect(first).not.toBe(second)
    const plain = process.getBuiltinModule("node:crypto").hash("sha256", "hush", "hex")
    expect(plain).not.toContain(first)
  })

  test.each([
    ["a variable that is not set", stack({}), "VariableMissing", "secrets.token"],
    [
      "a file that is not there",
      stack({ "secrets/token": "x" }, { ...objects, configs: { ...objects.configs, mounted: { file: "/no/such" } } }),
      "FileUnreadable",
      "configs.mounted",
    ],
  ])("%s is named", async (_, from, tag, subject) => {
    const result = await read(from)
    expect(Result.isFailure(result) && [result.failure._tag, result.failure.message]).toEqual([
      tag,
      expect.stringContaining(subject),
    ])
  })
})

describe("the body and the plan", () => {
  test("a file is mounted, the others are uploaded with owner and mode", () => {
    const up = desired()
    const service = up.services[0]!
    expect(containerMounts(up, service.model, []).mounts).toEqual([
      { Type: "bind", Source: file, Target: "/mounted", ReadOnly: true },
    ])
    expect(uploadsOf(up, service, false)).toEqual([
      { kind: "configs", key: "inline", target: "/etc/app.conf", mode: 0o440, uid: 0, gid: 0 },
    ])
    expect(uploadsOf(up, service, true)).toEqual([
      { kind: "secrets", key: "token", target: "/run/secrets/api", mode: 0o444, uid: 1000, gid: 1001 },
    ])
  })

  test("uploads stand before the first start and before every later one", () => {
    expect(operations(desired(), nothing)).toMatchInlineSnapshot(`
      "
      #1 [] network:default CreateNetwork, no network (network:default)
      #2 [1] service:web:1 CreateContainer, no container (service:web:1)
      #3 [2] service:web:1 UploadFiles, no container (service:web:1)
      #4 [2] service:web:1 UploadFiles, no container (service:web:1)
      #5 [2,3,4,1] service:web:1 StartContainer, no container (service:web:1)
      #6 [5,2] service:web:1 Wait, until up (wait:web)
      "
    `)
    const up = desired()
    const stopped = running(up, "web", { state: "exited", exitCode: 1 })
    expect(operations(up, seen(up, [stopped]))).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 UploadFiles, not running (exited with 1) (service:web:1)
      #2 [] service:web:1 UploadFiles, not running (exited with 1) (service:web:1)
      #3 [1,2] service:web:1 StartContainer, not running (exited with 1) (service:web:1)
      #4 [3] service:web:1 Wait, until up (wait:web)
      "
    `)
  })

  const content = (digest: string) => [{ kind: "configs", key: "inline", digest }] as const
  test.each([
    ["ours is replaced", {}, ["replace service:web:1 (config changed: configs.inline.content)"]],
    ["one that Compose made is left, as Compose leaves it", { fields: undefined }, []],
  ])("another content: %s", (_, over, expected) => {
    const before = desired(content("1111111111111111"))
    const after = desired(content("2222222222222222"))
    const container = running(before, "web", { extra: "1111111111111111", ...over })
    expect(changes(planned(after, seen(after, [container])))).toEqual(expected)
  })
})

test("what cannot be uploaded is refused, what has no effect on a mounted file is told", () => {
  const service: Loose = {
    read_only: true,
    configs: [{ source: "mounted", mode: "0400" }],
    secrets: [{ source: "token", uid: "root" }],
  }
  const verdict = inspectStack(stackOf(modelOf("demo", { web: service }, objects), directory), true)
  expect(verdict.refused.map(({ path }) => path)).toEqual(["services.web.secrets[0]", "services.web.secrets[0].uid"])
  expect(verdict.warnings).toEqual([
    "compose.yaml:5:1 services.web.configs[0].mode has no effect on a file, which is mounted as it is.",
  ])
})
