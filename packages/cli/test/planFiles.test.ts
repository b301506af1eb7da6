/** Plans as documents: what standard output shows of them, and how their files are written and read. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { fakeTerminal } from "./fakeHost.ts"

let cwd: string
const at = (name: string) => path.join(cwd, name)
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "windflow-plan-files-"))
  await writeFile(at("compose.yaml"), `name: shop\nservices:\n  web: { image: a }\n`)
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

it.each([
  ["plan", ["plan"]],
  ["up --dry-run", ["up", "--dry-run"]],
  ["down --dry-run", ["down", "--dry-run"]],
])(
  "bug: the desired state, which holds environment values, is not on the standard output of %s",
  async (_name, argv) => {
    const { run } = fakeTerminal(cwd)
    const { code, out } = await run(...argv, "--format", "json")
    expect(code).toBe(0)
    const shown: unknown = JSON.parse(out)
    expect(shown).toMatchObject({ deployment: "shop@fake" })
    expect(shown).not.toHaveProperty("desired")
  },
)

describe("bug: plan -o says why a file cannot be written, as bad input", () => {
  it.each([
    ["absent/x.plan", "missing"],
    ["compose.yaml/x.plan", "missing"],
    ["taken", "directory"],
  ])("%s: %s", async (file, reason) => {
    await mkdir(at("taken"))
    const { run } = fakeTerminal(cwd)
    const { code, err } = await run("plan", "-o", file, "--format", "json")
    expect(code).toBe(3)
    expect(JSON.parse(err)).toMatchObject({ error: { _tag: "FileUnwritable", path: at(file), reason } })
    expect(await run("config", "-o", file)).toMatchObject({ code: 3 })
  })

  it("replaces a file whole: private, through its link, with nothing left beside it", async () => {
    await writeFile(at("old.plan"), "x".repeat(100_000), { mode: 0o644 })
    await symlink("old.plan", at("link.plan"))
    const { run } = fakeTerminal(cwd)
    expect(await run("plan", "-o", "link.plan")).toMatchObject({ code: 0 })
    expect((await stat(at("old.plan"))).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(at("old.plan"), "utf8"))).toHaveProperty("desired")
    expect((await readdir(cwd)).toSorted()).toEqual(["compose.yaml", "link.plan", "old.plan"])
    expect(await run("apply", "link.plan")).toMatchObject({ code: 0 })
  })
})

it("bug: config -o leaves the mode of a file that is there", async () => {
  await writeFile(at("out.yaml"), "", { mode: 0o600 })
  expect(await fakeTerminal(cwd).run("config", "-o", "out.yaml")).toMatchObject({ code: 0 })
  expect((await stat(at("out.yaml"))).mode & 0o777).toBe(0o600)
})

describe("bug: apply tells how to get a plan when its file is none", () => {
  it.each([
    ["absent.plan", "there is no such file"],
    ["broken.plan", "it is not JSON"],
    ["other.plan", "deployment"],
  ])("%s: %s", async (file, detail) => {
    await writeFile(at("broken.plan"), "{")
    await writeFile(at("other.plan"), `{"format":1}`)
    const { code, err } = await fakeTerminal(cwd).run("apply", file)
    expect(code).toBe(3)
    expect(err).toContain(`${at(file)}: `)
    expect(err).toContain(detail)
    expect(err).toContain("Make a new plan with `windflow plan -o FILE`")
    expect(err).not.toContain("ENOENT")
  })
})

it.each([
  ["-f -", ["-f", "-"], {}],
  ["COMPOSE_FILE=-", [], { COMPOSE_FILE: "-" }],
])("bug: %s reads the Compose file from standard input", async (_name, words, env) => {
  const input = "name: piped\nservices:\n  only: { image: a }\n"
  const { code, out } = await fakeTerminal(cwd, { env, input }).run(...words, "config", "--services")
  expect({ code, out }).toEqual({ code: 0, out: "only\n" })
})
