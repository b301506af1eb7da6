/* oxlint-disable vitest/no-standalone-expect, vitest/no-conditional-tests, vitest/expect-expect, vitest/valid-title, vitest/require-to-throw-message -- tests are made from tables, their checks stand in functions */
/**
 * Ours against Docker Compose 5.5.0 itself on files that other people wrote: verdict, `config --format json` and
 * `config --hash '*'`. WINDFLOW_CORPUS names the folder (default `../shared/corpus`), WINDFLOW_COMPOSE_REFERENCE
 * a binary that need not be built.
 */
import { spawnSync } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { composeReference } from "@windflow/testcontainers"
import { Effect, Exit } from "effect"
import { describe, expect, it } from "vitest"
import { nodeCapability } from "../compose-node/index.ts"
import { load, render, serviceHash } from "./index.ts"

const corpus = resolve(process.env["WINDFLOW_CORPUS"] ?? join(import.meta.dirname, "../../../../../shared/corpus"))
const built = await composeReference()
const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"] ?? ("binary" in built ? built.binary : undefined)

/** At most one a kind, with its reason; each must still differ. */
const DIFFERENCES: { readonly [kind in "verdict" | "config" | "hash"]: Readonly<Record<string, string>> } = {
  verdict: {},
  config: {
    "docker-compose-e2e/pkg/e2e/fixtures/build-test/ssh/compose.yaml":
      "the reference cannot print an SSH key with a path as JSON; its YAML and its verdict are equal to ours",
  },
  hash: {},
}

const present = reference !== undefined && existsSync(corpus)
if (!present)
  console.warn(
    `skipped: ${reference === undefined ? "there is no Docker Compose 5.5.0" : `there is no corpus at ${corpus}`}`,
  )

const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" }
const ask = (file: string, ...args: string[]) =>
  spawnSync(reference ?? "", ["-f", file, "config", ...args], { cwd: dirname(file), env, encoding: "utf8" })

describe.skipIf(!present)("the corpus", () => {
  const files = present ? globSync("**/*.{yaml,yml}", { cwd: corpus }).toSorted() : []
  it("is there", () => expect(files.length).toBeGreaterThan(50))
  for (const name of files) {
    const file = join(corpus, name)
    const ours = Effect.runPromiseExit(
      load({ workingDirectory: dirname(file), files: [file] }, nodeCapability({ env })),
    )
    const compare = (kind: keyof typeof DIFFERENCES, check: () => Promise<void>) => {
      const reason = DIFFERENCES[kind][relative(corpus, file)]
      if (reason === undefined) it(`${kind}: ${name}`, check)
      else it(`${kind}: ${name} (differs: ${reason})`, async () => expect(check()).rejects.toThrow())
    }
    compare("verdict", async () => expect(Exit.isSuccess(await ours)).toBe(ask(file, "--quiet").status === 0))
    compare("config", async () => {
      const result = await ours
      if (Exit.isFailure(result)) return
      expect(JSON.parse(render(result.value.model, "json"))).toEqual(JSON.parse(ask(file, "--format", "json").stdout))
      expect(render(result.value.model, "yaml")).toBe(ask(file, "--format", "yaml").stdout)
    })
    compare("hash", async () => {
      const result = await ours
      if (Exit.isFailure(result)) return
      const { services } = result.value.model
      const lines = Object.keys(services)
        .toSorted()
        .map((service) => `${service} ${serviceHash(services[service]!)}\n`)
      expect(lines.join("")).toBe(ask(file, "--hash", "*").stdout)
    })
  }
  it("lists at most one difference a kind, all of files that are there", () => {
    for (const list of Object.values(DIFFERENCES)) {
      expect(Object.keys(list).length).toBeLessThanOrEqual(1)
      for (const name of Object.keys(list)) expect(files).toContain(name)
    }
  })
})
