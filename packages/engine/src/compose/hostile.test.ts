/** Input made to harm: answered with findings, in bounded time and memory, and never with a crash. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Result } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { nodeCapability } from "../compose-node/index.ts"
import { ComposeInvalid, type FileUnreadable } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import { fromObject, load, type LoadCapability } from "./index.ts"

const capability = (files: Readonly<Record<string, string>> = {}): LoadCapability => ({
  env: {},
  readFile: (path) => Effect.succeed(files[path]),
  allowRemote: false,
  allowProvider: false,
})
const loadText = (text: string, files: Readonly<Record<string, string>> = {}) =>
  Effect.runPromise(
    Effect.result(load({ workingDirectory: "/w", files: ["-"], stdin: text, projectName: "p" }, capability(files))),
  )
const codes = (result: Result.Result<Stack, ComposeInvalid | FileUnreadable>): ReadonlyArray<string> => {
  if (Result.isSuccess(result)) return ["accepted"]
  return result.failure instanceof ComposeInvalid
    ? result.failure.diagnostics.map(({ code }) => code)
    : [result.failure._tag]
}

describe("YAML", () => {
  it("a billion laughs", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `x-${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`,
    )
    expect(codes(await loadText(`x-0: &a0 lol\n${levels.join("\n")}\nservices:\n  a: {image: a}\n`))).toEqual([
      "too-large",
    ])
  })
  it("laughs by merge keys", async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `x-${i + 1}: &m${i + 1}\n  a: {<<: *m${i}}\n  b: {<<: *m${i}}`)
    expect(codes(await loadText(`x-0: &m0 {k: v}\n${levels.join("\n")}\nservices:\n  a: {image: a}\n`))).toEqual([
      "too-large",
    ])
  })
  for (const [name, text] of [
    ["lists in a flow", `x-a: ${"[".repeat(50_000)}`],
    ["closed lists in a flow", `x-a: ${"[".repeat(5000)}${"]".repeat(5000)}`],
    ["mappings in a flow", `x-a: ${"{a: ".repeat(20_000)}`],
    ["block lists", `x-a: ${"- ".repeat(20_000)}`],
    ["block mappings", Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")],
  ] as const)
    it(`nested without end: ${name}`, async () => expect(codes(await loadText(text))).not.toEqual(["accepted"]))
  it("10 MB of nodes", async () => {
    expect(codes(await loadText(`x-a:\n${"- abcdefgh\n".repeat(950_000)}`))).toEqual(["too-large"])
  })
  it("10 MB that only the general parser could read", async () => {
    expect(codes(await loadText(`x-a: &a b\nx-c: *a\nx-b:\n${"- abcdefgh\n".repeat(950_000)}`))).toEqual(["too-large"])
  })
  it("10 MB in one text", async () => {
    expect(codes(await loadText(`x-a: ${"y".repeat(10_000_000)}\nservices:\n  a: {image: a}\n`))).toEqual(["accepted"])
  })
  it("an anchor that holds itself", async () => expect(codes(await loadText("x-a: &a [*a]\n"))).toEqual(["yaml"]))
  it("lone surrogates", async () =>
    expect(codes(await loadText("services:\n  a: {image: \ud800}\n"))).toEqual(["yaml"]))
  it("control characters", async () =>
    expect(codes(await loadText("services:\n  a: {image: a\u0000b}\n"))).toEqual(["yaml"]))
  it("every duplicate key", async () =>
    expect(codes(await loadText("services:\n  a: {image: a, image: b}\n  a: {image: c}\n"))).toEqual(["yaml", "yaml"]))
  it("names of the prototype", async () => {
    const result = Result.getOrThrow(
      await loadText("services:\n  __proto__: {image: a, labels: {__proto__: x, constructor: y}}\n"),
    )
    expect(Object.keys(result.model.services)).toEqual(["__proto__"])
    expect(Object.prototype).not.toHaveProperty("image")
  })
})

describe("variables", () => {
  it("nested defaults without end", async () =>
    expect(
      codes(await loadText(`services:\n  a:\n    image: "${"${A:-".repeat(5000)}x${"}".repeat(5000)}"\n`)),
    ).not.toEqual(["accepted"]))
  it("many dollars", async () =>
    expect(codes(await loadText(`services:\n  a:\n    image: "${"$$".repeat(200_000)}"\n`))).toEqual(["accepted"]))
  it("unclosed braces", async () =>
    expect(codes(await loadText(`services:\n  a:\n    image: "${"${A".repeat(20_000)}"\n`))).toContain("interpolation"))
})

describe("files", () => {
  it("includes in a circle", async () =>
    expect(
      codes(
        await loadText("include: [a.yml]\n", { "/w/a.yml": "include: [b.yml]\n", "/w/b.yml": "include: [a.yml]\n" }),
      ),
    ).toContain("cycle"))
  it("a long chain of extends", async () => {
    const services = Array.from({ length: 300 }, (_, i) => `  s${i}: {image: a, extends: s${i + 1}}\n`).join("")
    expect(codes(await loadText(`services:\n${services}  s300: {image: b}\n`))).not.toContain("type")
  })
  it("a long chain of dependencies", async () => {
    const services = Array.from({ length: 5000 }, (_, i) => `  s${i}: {image: a, depends_on: [s${i + 1}]}\n`).join("")
    expect(codes(await loadText(`services:\n${services}  s5000: {image: b}\n`))).toEqual(["accepted"])
  })
  it("files on other hosts, and programs", async () =>
    expect(
      codes(await loadText("include: ['https://example.com/a.git']\nservices:\n  a: {provider: {type: rm}}\n")),
    ).toEqual(["capability", "capability"]))
})

describe("the root", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "windflow-root-"))
    mkdirSync(join(folder, "in"))
    writeFileSync(join(folder, "secret.env"), "TOKEN=1\n")
    symlinkSync(join(folder, "secret.env"), join(folder, "in/link.env"))
    symlinkSync(folder, join(folder, "in/up"))
    writeFileSync(join(folder, "in/own.env"), "OWN=1\n")
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const within = (body: string) =>
    Effect.runPromiseExit(
      load(
        {
          workingDirectory: join(folder, "in"),
          files: ["-"],
          stdin: `services:\n  a:\n    image: a\n    ${body}\n`,
          projectName: "p",
        },
        nodeCapability({ env: {}, fileRoot: join(folder, "in") }),
      ),
    )
  it("holds its own files", async () => expect(Exit.isSuccess(await within("env_file: own.env"))).toBe(true))
  for (const path of ["../secret.env", "link.env", "up/secret.env", "/etc/hostname", "~/x"])
    it(`does not let ${path} out`, async () => expect(Exit.isFailure(await within(`env_file: ${path}`))).toBe(true))
  it("is not left by extends", async () =>
    expect(Exit.isFailure(await within("extends: {file: ../x.yml, service: a}"))).toBe(true))
  it("is not left by the search for a Compose file", async () => {
    writeFileSync(join(folder, "compose.yaml"), "services:\n  a: {image: a}\n")
    const found = await Effect.runPromiseExit(
      load({ workingDirectory: join(folder, "in") }, nodeCapability({ env: {}, fileRoot: join(folder, "in") })),
    )
    expect(Exit.isFailure(found)).toBe(true)
  })
})

describe("objects", () => {
  const from = (input: unknown) =>
    Effect.runSync(Effect.result(fromObject(input, { name: "p", workingDirectory: "/w" })))
  const circle: Record<string, unknown> = {}
  circle["x-self"] = circle
  for (const [name, input] of [
    ["a circle", circle],
    ["a function", { services: { a: { image: () => "x" } } }],
    ["a date", { services: { a: { image: new Date(0) } } }],
    ["nothing", null],
    ["a list", []],
  ] as const)
    it(`refuses ${name}`, () => expect(Result.isFailure(from(input))).toBe(true))
})
