/** What people are told: every finding of a file at once, each with its place, what was expected and a remedy. */
import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { ComposeInvalid, type Diagnostic, FileUnreadable } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import { load } from "./index.ts"

const files = (texts: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) => {
  const warnings: Diagnostic[] = []
  return Effect.runPromise(
    Effect.result(
      load(
        { workingDirectory: "/w", projectName: "p", onWarning: (warning) => warnings.push(warning) },
        { env, readFile: (path) => Effect.succeed(texts[path.slice(3)]), allowRemote: false, allowProvider: true },
      ),
    ),
  ).then((result) => ({ result, warnings }))
}
const findings = async (
  text: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ReadonlyArray<Diagnostic>> => {
  const { result } = await files({ "compose.yaml": text, ...more })
  if (Result.isFailure(result) && result.failure instanceof ComposeInvalid) return result.failure.diagnostics
  throw new Error("accepted")
}
const stackOf = async (texts: Readonly<Record<string, string>>): Promise<Stack> =>
  Result.getOrThrow((await files(texts)).result)
const at = ({ place, code }: Diagnostic) => `${place?.file.slice(3)}:${place?.line}:${place?.column} ${code}`

it("a quote that is never closed is shown where it opens", async () => {
  const text = 'services:\n  web:\n    image: "nginx\n    restart: always\n  db:\n    image: b\n'
  expect((await findings(text)).map(at)).toEqual(["compose.yaml:3:12 yaml"])
  expect((await findings("services: { web: { image: 'nginx } }\n")).map(at)[0]).toBe("compose.yaml:1:27 yaml")
})

const WRONG = `services:
  web:
    imag: nginx
    ports:
      - "80:80"
      - "high:80"
    networks: [frnt]
    restart: 5
    depends_on: [dbb]
    environment:
      A: \${NOPE:?say something}
  db:
    image: postgres
    mem_limit: lots
    volumes: [data:/d]
networks:
  front: {drver: bridge}
`

describe("a Compose file that cannot be read", () => {
  it("is named, never taken for absent or passed over for one of a folder above", async () => {
    const loaded = load(
      { workingDirectory: "/above/here" },
      {
        env: {},
        readFile: (path) =>
          path === "/above/here/compose.yaml"
            ? Effect.fail(new FileUnreadable({ path, reason: "permission", detail: "permission denied" }))
            : Effect.succeed(path === "/above/compose.yaml" ? "services: {a: {image: b}}" : undefined),
        allowRemote: false,
        allowProvider: true,
      },
    )
    expect(await Effect.runPromise(Effect.flip(loaded))).toMatchObject({
      path: "/above/here/compose.yaml",
      reason: "permission",
    })
  })
})

describe("errors", () => {
  it("are told all at once, each at its place", async () => {
    expect((await findings(WRONG)).map(at).toSorted()).toEqual(
      [
        "compose.yaml:3:5 unknown-key",
        "compose.yaml:6:9 value",
        "compose.yaml:7:16 reference",
        "compose.yaml:8:14 type",
        "compose.yaml:9:18 reference",
        "compose.yaml:11:10 variable-required",
        "compose.yaml:14:16 type",
        "compose.yaml:15:15 reference",
        "compose.yaml:17:11 unknown-key",
      ].toSorted(),
    )
  })
  it("say how to go on", async () => {
    for (const finding of await findings(WRONG)) expect(finding.remedy).toMatch(/\S.*[.?]$/)
    const remedy = Object.fromEntries((await findings(WRONG)).map((finding) => [at(finding), finding.remedy]))
    expect(remedy["compose.yaml:3:5 unknown-key"]).toBe('Did you mean "image"?')
    expect(remedy["compose.yaml:7:16 reference"]).toBe("Did you mean front?")
    expect(remedy["compose.yaml:9:18 reference"]).toBe("Did you mean db?")
  })
  it("say what was expected", async () => {
    const expected = Object.fromEntries((await findings(WRONG)).map((finding) => [at(finding), finding.expected]))
    expect(expected["compose.yaml:8:14 type"]).toBe("text")
    expect(expected["compose.yaml:14:16 type"]).toBe("a size such as 512m")
    // "Did you mean" says it: eighty keys more would hide it.
    expect(expected["compose.yaml:17:11 unknown-key"]).toBeUndefined()
    const [far] = await findings("services:\n  a: {image: x, zzzzzzzz: 1}\n")
    expect(far?.expected).toContain("image")
  })
  it("do not follow from each other", async () => {
    // The image is what was misspelt, so its absence is not told too.
    expect((await findings("services:\n  a: {imag: x}\n")).map(at)).toEqual(["compose.yaml:2:7 unknown-key"])
    expect((await findings("services:\n  a: {image: x, networks: [n]}\nnetworks: {n: 5}\n")).map(at)).toEqual([
      "compose.yaml:3:15 type",
    ])
  })
  it("of YAML are all told, too", async () =>
    expect((await findings("services:\n  a: {image: x, image: y}\n  b: {1: 2}\n")).map(at)).toEqual([
      "compose.yaml:2:17 yaml",
      "compose.yaml:3:7 yaml",
    ]))
  it("point into the file they come from", async () => {
    expect(
      (
        await findings("include: [sub/b.yml]\nservices:\n  a: {extends: {file: c.yml, service: c}}\n", {
          "sub/b.yml": "services:\n  b: {image: b, foo: 1}\n",
          "c.yml": "services:\n  c:\n    image: c\n    bar: 1\n",
        })
      ).map(at),
    ).toEqual(["sub/b.yml:2:17 unknown-key", "c.yml:4:5 unknown-key"])
    expect(
      (await findings("services:\n  a: {image: a, env_file: e.env}\n", { "e.env": "A=1\nB C=2\n" })).map(at),
    ).toEqual(["e.env:2:1 file"])
  })
  it("name every step of a circle", async () => {
    const [finding] = await findings("services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n")
    expect(finding?.message).toContain("a → b → a")
  })
})

describe("warnings", () => {
  it("tell of unset variables and old keys, and do not stop", async () => {
    const { result, warnings } = await files({ "compose.yaml": "version: '3'\nservices:\n  a: {image: 'a:$TAG'}\n" })
    expect(Result.isSuccess(result)).toBe(true)
    expect(warnings.map(at)).toEqual(["compose.yaml:3:14 variable-unset", "compose.yaml:1:10 obsolete"])
  })
})

describe("places of the model", () => {
  it("survive short syntax, lists that become mappings, and files that are joined", async () => {
    const stack = await stackOf({
      "compose.yaml":
        'services:\n  a:\n    image: a\n    ports:\n      - "80-81:80-81"\n    environment:\n      - A=1\n      - B=2\n',
      "compose.override.yaml": "services:\n  a:\n    hostname: h\n    environment: {B: 3}\n",
    })
    const place = (...path: Array<string | number>) => {
      const found = stack.origin.locate(path)
      return found === undefined ? undefined : `${found.file.slice(3)}:${found.line}:${found.column}`
    }
    expect(place("services", "a", "image")).toBe("compose.yaml:3:12")
    expect(place("services", "a", "ports", 1)).toBe("compose.yaml:5:9")
    expect(place("services", "a", "environment", "A")).toBe("compose.yaml:7:9")
    expect(place("services", "a", "environment", "B")).toBe("compose.override.yaml:4:22")
    expect(place("services", "a", "hostname")).toBe("compose.override.yaml:3:15")
    expect(place("services", "a", "restart")).toBe("compose.yaml:2:3")
  })
  it("secrets from variables are kept aside", async () => {
    const { result } = await files(
      { "compose.yaml": "services:\n  a: {image: a, secrets: [s]}\nsecrets: {s: {environment: TOKEN}}\n" },
      { TOKEN: "hush" },
    )
    const stack = Result.getOrThrow(result)
    expect(JSON.stringify(stack.model)).not.toContain("hush")
    expect(JSON.stringify(stack.origin.content?.("secrets", "s"))).not.toContain("hush")
    expect(stack.origin.content?.("secrets", "s")).toBeDefined()
  })
})
