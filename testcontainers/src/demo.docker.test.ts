// The demo on a bare machine: Debian without Node and without Docker, the clone as git has it. Minutes, hence `make nightly`.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { orSkip } from "./availability.ts"
import { docker, say } from "./docker.ts"
import { runInside } from "./hosts/run-inside.ts"
import { baseImages } from "./images.ts"
import { session } from "./reaper.ts"

const root = join(import.meta.dirname, "..", "..")
const minute = 60_000
const nightly = process.env["WINDFLOW_NIGHTLY"] === "1"

/** What is committed, as an archive: nothing that was built or installed here goes along. */
const clone = async (directory: string): Promise<string> => {
  const file = join(directory, "clone.tar")
  await promisify(execFile)("git", ["-C", root, "archive", "--prefix=clone/", `--output=${file}`, "HEAD"])
  return file
}

/** The authorities this machine trusts: whoever runs a proxy has put its own among them. */
const authorities = "/etc/ssl/certs/ca-certificates.crt"

test(
  "one command brings a bare Debian to a page that answers; run again it changes nothing",
  async (context) => {
    orSkip(nightly ? {} : { unavailable: "it takes minutes and installs packages: make nightly" }, context)
    const [{ debian }, engine, { labels }] = [await baseImages(["debian"]), await docker(), await session()]
    const directory = await mkdtemp(join(tmpdir(), "windflow-demo-"))
    const hostConfig = {
      Privileged: true,
      // The types of dockerode do not know it; an object that stands alone may have it.
      CgroupnsMode: "private",
      Tmpfs: { "/run": "" },
      Binds: existsSync(authorities) ? [`${authorities}:${authorities}:ro`] : [],
    }
    const container = await engine.createContainer({
      Image: debian,
      Cmd: ["sleep", "infinity"],
      Labels: { ...labels },
      // An overlay cannot lie on an overlay.
      Volumes: { "/var/lib/docker": {} },
      HostConfig: hostConfig,
    })
    try {
      await container.start()
      await container.putArchive(await clone(directory), { path: "/root" })
      const inside = (...argv: ReadonlyArray<string>) => runInside(engine, container, argv)
      for (const absent of ["node", "docker"])
        expect((await inside("sh", "-c", 'command -v "$0"', absent)).exitCode).not.toBe(0)

      const before = performance.now()
      const first = await inside("sh", "-c", "cd /root/clone && exec ./scripts/demo")
      const seconds = Math.round((performance.now() - before) / 1000)
      expect(first).toMatchObject({ exitCode: 0 })
      expect(first.output).toMatch(/http:\/\/127\.0\.0\.1:8080\/ {2}answers: \S/)
      say(`bare Debian: ./scripts/demo had its page answer after ${seconds} s`)

      const ask = 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'
      expect((await inside("bash", "-c", ask)).output).toContain("Nobody has written yet.")

      const containers = () => inside("docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}")
      const running = await containers()
      const again = await inside("sh", "-c", "cd /root/clone && exec ./scripts/demo")
      expect(again).toMatchObject({ exitCode: 0 })
      expect(again.output).toContain("is up to date: nothing was changed.")
      expect(await containers()).toEqual(running)
    } finally {
      await container.remove({ force: true, v: true })
      await rm(directory, { recursive: true, force: true })
    }
  },
  45 * minute,
)
