/* oxlint-disable vitest/no-standalone-expect, vitest/no-conditional-tests, vitest/expect-expect, vitest/valid-title, vitest/require-to-throw-message -- tests are made from tables, their checks stand in functions */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { parse } from "yaml"
import { load } from "../index.ts"
import { type Edit, editCompose } from "./index.ts"

const FILE = `# the shop
name: shop

x-common: &common
  restart: unless-stopped # always up
  logging: { driver: json-file }

services:
  # the front
  web:
    <<: *common
    image: "nginx:1" # pinned
    depends_on: [db]
    network_mode: service:db
    ports:
      - "80:80" # http

  db: &db
    image: postgres
  copy: *db
`

const edit = (edits: ReadonlyArray<Edit>, text = FILE): string => Result.getOrThrow(editCompose(text, edits))
const lines = (text: string) => text.split("\n")

/** The lines that one text has and the other has not. */
const changed = (before: string, after: string) => ({
  gone: lines(before).filter((line) => !lines(after).includes(line)),
  come: lines(after).filter((line) => !lines(before).includes(line)),
})

describe("edits change what they name and nothing else", () => {
  it("no edit: the same text", () => expect(edit([])).toBe(FILE))
  it("a value keeps its quotes and its comment", () =>
    expect(changed(FILE, edit([{ do: "set", path: ["services", "web", "image"], value: "nginx:2" }]))).toEqual({
      gone: ['    image: "nginx:1" # pinned'],
      come: ['    image: "nginx:2" # pinned'],
    }))
  it("a service is added at the end", () =>
    expect(changed(FILE, edit([{ do: "addService", name: "cache", service: { image: "redis" } }]))).toEqual({
      gone: [],
      come: ["  cache:", "    image: redis"],
    }))
  it("a list grows", () =>
    expect(changed(FILE, edit([{ do: "set", path: ["services", "web", "ports", 1], value: "81:81" }]))).toEqual({
      gone: [],
      come: ["      - 81:81"],
    }))
  it("a rename reaches every reference", () =>
    expect(changed(FILE, edit([{ do: "renameService", from: "db", to: "store" }]))).toEqual({
      gone: ["    depends_on: [db]", "    network_mode: service:db", "  db: &db"],
      come: ["    depends_on: [store]", "    network_mode: service:store", "  store: &db"],
    }))
  it("a dependency with a condition makes the list long", () => {
    const text = edit([{ do: "connect", service: "web", on: "copy", condition: "service_healthy" }])
    expect(
      (parse(text, { merge: true }) as { services: { web: { depends_on: unknown } } }).services.web.depends_on,
    ).toEqual({
      db: { condition: "service_started" },
      copy: { condition: "service_healthy" },
    })
    expect(text).toContain("# always up")
  })
  it("the last dependency takes the key with it", () =>
    expect(changed(FILE, edit([{ do: "disconnect", service: "web", on: "db" }]))).toEqual({
      gone: ["    depends_on: [db]"],
      come: [],
    }))
  it("what stands behind an alias is not changed through it", () => {
    const text = edit([{ do: "set", path: ["services", "copy", "image"], value: "mine" }])
    const read = parse(text, { merge: true }) as { services: Record<string, { image: string }> }
    expect(read.services["copy"]?.image).toBe("mine")
    expect(read.services["db"]?.image).toBe("postgres")
  })
  it("an empty file becomes one", () =>
    expect(edit([{ do: "addService", name: "a", service: { image: "b" } }], "")).toBe(
      "services:\n  a:\n    image: b\n",
    ))
  it("keeps four spaces and lists at the key's column", () => {
    const text = "services:\n    a:\n        image: x\n        ports:\n        - '1'\n"
    expect(changed(text, edit([{ do: "set", path: ["services", "a", "hostname"], value: "h" }], text))).toEqual({
      gone: [],
      come: ["        hostname: h"],
    })
  })
})

describe("refused, the text unchanged", () => {
  const refused: ReadonlyArray<readonly [string, Edit, RegExp]> = [
    ["a name taken", { do: "addService", name: "web", service: {} }, /there already/],
    ["a bad name", { do: "addService", name: "a b", service: {} }, /not a name/],
    ["an unknown service", { do: "renameService", from: "x", to: "y" }, /no service x/],
    ["a rename onto another", { do: "renameService", from: "web", to: "db" }, /there already/],
    ["a dependency on itself", { do: "connect", service: "web", on: "web" }, /itself/],
    ["a missing dependency", { do: "disconnect", service: "web", on: "copy" }, /does not depend/],
    ["an anchor in use", { do: "removeService", name: "db" }, /&db/],
    ["a path into a value", { do: "set", path: ["name", "x"], value: 1 }, /single value/],
    ["an index in a mapping", { do: "set", path: ["services", 0], value: 1 }, /index/],
    ["an index beyond the list", { do: "set", path: ["services", "web", "ports", 5], value: 1 }, /index/],
    ["what is not there", { do: "remove", path: ["services", "web", "nope"] }, /not there/],
  ]
  for (const [name, wrong, message] of refused)
    it(name, () => {
      const result = editCompose(FILE, [wrong])
      expect(Result.isFailure(result) ? result.failure.message : "accepted").toMatch(message)
    })
  it("broken YAML", () => expect(Result.isFailure(editCompose("a: [", []))).toBe(true))
})

describe("properties", () => {
  const Word = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9]{0,8}$/))
  const Text = Schema.String.check(Schema.isPattern(/^[ -~]{0,20}$/))
  const service = Schema.Struct({
    image: Word,
    hostname: Schema.optionalKey(Word),
    environment: Schema.optionalKey(Schema.Record(Word, Text)),
    command: Schema.optionalKey(Schema.Array(Text)),
  })
  it.effect.prop("an added service is read back as it was given", [Word, service], ([name, data]) =>
    Effect.sync(() => {
      const text = edit([{ do: "addService", name: `n-${name}`, service: data }])
      const read = parse(text, { merge: true }) as { services: Record<string, unknown> }
      expect(read.services[`n-${name}`]).toEqual(data)
    }),
  )
  it.effect.prop("a rename there and back gives the same text", [Word], ([name]) =>
    Effect.sync(() => {
      const there = edit([{ do: "renameService", from: "db", to: `r-${name}` }])
      expect(edit([{ do: "renameService", from: `r-${name}`, to: "db" }], there)).toBe(FILE)
    }),
  )
  it("an edited file loads", async () => {
    const text = edit([{ do: "addService", name: "x", service: { image: "y", depends_on: ["db"] } }]).replace(
      "    network_mode: service:db\n",
      "",
    )
    const stack = await Effect.runPromise(
      load(
        { workingDirectory: "/w", files: ["-"], stdin: text },
        { env: {}, readFile: () => Effect.succeed(undefined), allowRemote: false, allowProvider: false },
      ),
    )
    expect(Object.keys(stack.model.services)).toEqual(["web", "db", "copy", "x"])
  })
})
