/** Opening: configuration found upward, targets by name, drivers by name, and nothing opened before it is needed. */
import { spawnSync } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { defineStack, isError, secret, state, target, WindFlow } from "./index.ts"
import { loadConfigFile } from "./configFile.ts"
import { splitSecrets } from "./defineStack.ts"

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "windflow-sdk-"))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("was not rejected")
}
const stack = defineStack("shop", { services: { web: { image: "a" } } })

describe("the configuration file", () => {
  it("is found upward, loaded by type stripping, and checked", async () => {
    const below = path.join(directory, "found/a/b")
    await mkdir(below, { recursive: true })
    const file = path.join(directory, "found/windflow.config.ts")
    await writeFile(file, `const where: string = "ssh://deploy@vps"\nexport default { targets: { vps: where } }\n`)
    expect(await loadConfigFile({ directory: below })).toEqual({
      file,
      config: { targets: { vps: "ssh://deploy@vps" } },
    })
    expect(await loadConfigFile({ directory: below, config: false })).toEqual({ file: undefined, config: {} })
  })

  it("is refused when a key is unknown, when it exports nothing, and when it is named and absent", async () => {
    const wrong = path.join(directory, "wrong.config.ts")
    await writeFile(wrong, `export default { tagets: {} }\n`)
    const error = await failure(loadConfigFile({ directory, config: "wrong.config.ts" }))
    expect(isError(error, "ConfigInvalid") && error.detail).toContain("tagets")
    await writeFile(path.join(directory, "empty.config.ts"), `export const a = 1\n`)
    const empty = await failure(loadConfigFile({ directory, config: "empty.config.ts" }))
    expect(isError(empty, "ConfigInvalid") && empty.detail).toContain("no default export")
    const absent = await failure(loadConfigFile({ directory, config: "absent.ts" }))
    expect(isError(absent, "FileUnreadable") && absent.reason).toBe("missing")
  })
})

describe("targets", () => {
  const open = (config: string | false = false) =>
    WindFlow.open({ config, directory, state: state.memory(), stateDirectory: path.join(directory, "state") })

  it("are known by name; an unknown name is refused with those that exist", async () => {
    await writeFile(
      path.join(directory, "targets.config.ts"),
      `export default { targets: { vps: "ssh://deploy@vps" }, environments: { staging: { target: "vps" } } }\n`,
    )
    await using flow = await open("targets.config.ts")
    expect((await flow.targets.list()).map(({ name }) => name)).toEqual(["local", "vps"])
    const error = await failure(flow.plan(stack, { target: "vsp" }))
    expect(isError(error, "Usage") && error.expected).toContain("vps")
    const environment = await failure(flow.plan(stack, { environment: "prod" }))
    expect(isError(environment, "Usage") && environment.expected).toBe("staging")
  })

  it("bug: lie where `stateDirectory` or XDG_STATE_HOME says, never where the command's WINDFLOW_STATE_DIR does", async () => {
    const commands = path.join(directory, "commands")
    const env = { WINDFLOW_STATE_DIR: commands, XDG_STATE_HOME: path.join(directory, "xdg") }
    const vps = target("tcp://10.0.0.1:2376", { name: "vps" })
    const names = async (options: { readonly stateDirectory?: string }) => {
      await using flow = await WindFlow.open({ config: false, directory, env, ...options })
      return (await flow.targets.list()).map(({ name }) => name)
    }
    {
      await using flow = await WindFlow.open({ config: false, directory, env })
      await flow.targets.add(vps)
    }
    expect(await names({})).toContain("vps")
    expect(await names({ stateDirectory: path.join(directory, "xdg/windflow") })).toContain("vps")
    expect(await names({ stateDirectory: commands })).not.toContain("vps")
  })

  it("can be registered and forgotten, and outlive the object", async () => {
    const files = { config: false, directory, stateDirectory: path.join(directory, "registered") } as const
    {
      await using flow = await WindFlow.open(files)
      await flow.targets.add(target("ssh://deploy@vps", { name: "vps" }))
    }
    await using flow = await WindFlow.open(files)
    expect((await flow.targets.list()).map(({ name }) => name)).toEqual(["local", "vps"])
    await flow.targets.remove("vps")
    expect(isError(await failure(flow.targets.remove("vps")), "Usage")).toBe(true)
  })

  it("say what a URL means, and refuse one that means nothing", () => {
    expect(target("ssh://deploy@vps")).toEqual({
      name: "ssh://deploy@vps",
      type: "vm",
      driver: "compose",
      endpoints: ["ssh://deploy@vps"],
    })
    expect(target("kubernetes://kind/shop").driver).toBe("kubernetes")
    expect(target(["tcp://a:2376", "tcp://b:2376"], { name: "swarm", driver: "swarm" }).endpoints).toHaveLength(2)
    expect(() => target("gopher://x")).toThrow("is not the URL of a target")
    expect(() => target([])).toThrow("no URL given")
  })

  it("whose driver does not exist yet are refused by name", async () => {
    await using flow = await open()
    for (const driver of ["swarm", "kubernetes"]) {
      const error = await failure(flow.plan(stack, { target: target("tcp://host:2376", { driver }) }))
      expect(isError(error, "DriverUnavailable") && error.detail).toBe(`the ${driver} driver is not built yet`)
    }
  })
})

describe("connect", () => {
  it("is refused by a typed error until there is a server", async () => {
    const error = await failure(WindFlow.connect("https://flow.example.com", { token: "t" }))
    expect(isError(error, "Unsupported") && error.message).toContain("not built yet")
  })
})

describe("secrets in a definition", () => {
  it("leave it as references and never as values", () => {
    const { services, references } = splitSecrets({
      web: { image: "a", environment: { A: "1", TOKEN: secret("token") } },
      db: { image: "b" },
    })
    expect(services).toEqual({ web: { image: "a", environment: { A: "1" } }, db: { image: "b" } })
    expect(references).toEqual({ web: { TOKEN: "token" } })
  })
})

/** Runs a script in a process of its own: what it leaves open or throws late would disturb this one. */
const run = (script: string) =>
  spawnSync(process.execPath, ["--conditions=@windflow/source", "--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  })

describe("importing", () => {
  it("opens nothing and loads no driver, no loader and no Docker client", () => {
    const { stdout, stderr } = run(`
      import { registerHooks } from "node:module"
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      await import("@windflow/sdk")
      const heavy = loaded.filter((url) => /dockerode|ssh2|node_modules.yaml|engine.src.(compose|transport|driver.compose)/.test(url))
      const handles = process.getActiveResourcesInfo().filter((one) => !/^(TTY|Pipe|FS)/.test(one))
      console.log(JSON.stringify({ sdk: loaded.some((url) => url.endsWith("sdk/src/index.ts")), heavy, handles }))
    `)
    expect(stderr).toBe("")
    expect(JSON.parse(stdout)).toEqual({ sdk: true, heavy: [], handles: [] })
  })
})

describe("an observer that throws", () => {
  it("does not break the run; its error is not swallowed either", () => {
    const { stdout } = run(`
      import { defineStack } from "@windflow/sdk"
      import { fakeWindFlow } from "@windflow/sdk/testing"
      const uncaught = []
      process.on("uncaughtException", (error) => uncaught.push(error.message))
      const stack = defineStack("shop", { services: { web: { image: "a" } } })
      await using flow = fakeWindFlow()
      const { status } = await flow.up(stack, { onEvent: (event) => { if (event.seq === 1) throw new Error("mine") } })
      console.log(JSON.stringify({ status, uncaught }))
    `)
    expect(JSON.parse(stdout)).toEqual({ status: "succeeded", uncaught: ["mine"] })
  })
})
