/** The image of the command, built on a small image with this Node and run against the engine it was built on. */
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { baseImages, ensureEngine, orSkip } from "@windflow/testcontainers"
import { build } from "rolldown"
import { expect, test } from "vitest"
import { options, output } from "../rolldown.config.ts"

const source = path.join(import.meta.dirname, "..")
const node = "windflow-test-cli-node:latest"
const image = "windflow-test-cli-image:latest"

const dockerCommand = () =>
  spawnSync("docker", ["--version"]).status === 0 ? {} : { unavailable: "there is no docker command to build with" }

test("the image holds the command, which reads a file and finds the engine", async (context) => {
  orSkip(dockerCommand(), context)
  const { host } = await ensureEngine(() => {})
  if (!host.startsWith("unix://")) return context.skip("the engine has no local socket to mount")
  const docker = (...words: ReadonlyArray<string>) =>
    execFileSync("docker", ["--host", host, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  const directory = mkdtempSync(path.join(tmpdir(), "windflow-image-"))
  try {
    const { debian } = await baseImages(["debian"])
    const base = path.join(directory, "node")
    mkdirSync(base)
    try {
      linkSync(process.execPath, path.join(base, "node"))
    } catch {
      copyFileSync(process.execPath, path.join(base, "node"))
    }
    writeFileSync(path.join(base, "Dockerfile"), `FROM ${debian}\nCOPY node /usr/local/bin/node\n`)
    docker("build", "--quiet", "--tag", node, base)

    const folder = path.join(directory, "cli")
    for (const name of ["bin", "package.json", "Dockerfile", ".dockerignore"])
      cpSync(path.join(source, name), path.join(folder, name), { recursive: true })
    await build({ ...options, cwd: source, output: { ...output, dir: path.join(folder, "dist/bundle") } })
    writeFileSync(path.join(folder, "left-out"), "what is not asked for")
    docker("build", "--quiet", "--build-arg", `NODE_IMAGE=${node}`, "--tag", image, folder)

    expect(docker("run", "--rm", image, "--version")).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(docker("run", "--rm", "--entrypoint", "ls", image, "/opt/windflow").split("\n")).toEqual([
      "bin",
      "dist",
      "package.json",
      "",
    ])
    writeFileSync(path.join(directory, "compose.yaml"), "name: inside\nservices: { web: { image: a } }\n")
    expect(docker("run", "--rm", "-v", `${directory}:/work`, image, "config", "--services")).toBe("web\n")
    const socket = `${host.slice("unix://".length)}:/var/run/docker.sock`
    expect(docker("run", "--rm", "-v", socket, image, "--format", "json", "-p", "windflow-nobody", "ps")).toBe("[]\n")
  } finally {
    for (const tag of [image, node]) spawnSync("docker", ["--host", host, "rmi", "--force", tag])
    rmSync(directory, { recursive: true, force: true })
  }
})
