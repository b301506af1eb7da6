import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { candidates } from "./engine.ts"

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "windflow-home-"))
})
afterEach(() => rmSync(home, { recursive: true }))

const writeContext = (name: string, host: string): void => {
  const folder = join(home, ".docker", "contexts", "meta", createHash("sha256").update(name).digest("hex"))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }))
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ currentContext: name }))
}

describe("where an engine is looked for", () => {
  it("only where DOCKER_HOST says, whatever the context", () => {
    writeContext("lab", "tcp://lab:2376")
    expect(candidates({ DOCKER_HOST: "tcp://there:2375" }, home)).toEqual([
      { host: "tcp://there:2375", foundBy: "DOCKER_HOST" },
    ])
  })

  it("only where the current context says", () => {
    writeContext("lab", "tcp://lab:2376")
    expect(candidates({}, home)).toEqual([{ host: "tcp://lab:2376", foundBy: "context lab" }])
  })

  it("at the well-known sockets otherwise", () => {
    expect(candidates({ XDG_RUNTIME_DIR: "/run/user/7", DOCKER_CONTEXT: "default" }, home).map((c) => c.host)).toEqual([
      "unix:///var/run/docker.sock",
      "unix:///run/user/7/docker.sock",
      `unix://${home}/.docker/run/docker.sock`,
    ])
  })
})
