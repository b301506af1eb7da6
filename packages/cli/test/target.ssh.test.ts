/** `windflow target …` against a real host: the key is shown and pinned, every stage is told, a name is enough afterwards. */
import { baseImages, type Host, startHost } from "@windflow/testcontainers"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, statSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, entry, makeBed } from "./bed.ts"

let host: Host
let image = ""
beforeAll(async () => {
  ;[host, { busybox: image }] = await Promise.all([
    startHost({ docker: true, passwords: true }),
    baseImages(["busybox"]),
    bundle(),
  ])
  await host.loadImage(image)
})
afterAll(async () => {
  await clearBeds()
  await host?.remove()
})

const registry = (bed: Bed): string => path.join(bed.directory, "state", "targets.json")
const key = () => ["--identity", host.privateKey]
const sleeper = () =>
  `services:\n  web:\n    image: ${image}\n    command: [sleep, "1000"]\n    init: true\n    stop_grace_period: 0s\n`

it("asks about an unknown key, and does not take -y for an answer", async () => {
  const bed = await makeBed("tgask")
  const refused = await bed.windflow(["target", "add", "box", host.url(), ...key(), "-y"])
  expect(refused.code).toBe(5)
  expect(refused.err).toMatch(/SHA256:[\w+/]{43}/)
  expect((await bed.windflow(["target", "ls", "--format", "json"])).out).not.toContain("box")
})

/** The command at a pseudo-terminal, where a person reads the question and presses one key. Needs `script` of util-linux. */
const atTerminal = async (bed: Bed, argv: ReadonlyArray<string>, question: string, answer: string) => {
  const line = [process.execPath, entry, ...argv].map((word) => `'${word}'`).join(" ")
  const terminal = spawn("script", ["-qec", line, "/dev/null"], {
    cwd: bed.directory,
    env: { ...bed.env, SHELL: "/bin/sh", TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  })
  let shown = ""
  let asked = false
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text
    if (asked || !shown.includes(question)) return
    asked = true
    terminal.stdin.write(answer)
  })
  await once(terminal, "close")
  expect(asked).toBe(true)
  return { code: terminal.exitCode, shown }
}

it("at a terminal shows the fingerprint; yes pins the key, no registers nothing", async () => {
  const bed = await makeBed("tgperson")
  const add = ["target", "add", "box", host.url(), ...key()]
  const declined = await atTerminal(bed, add, "Is it this key?", "n\r")
  expect(declined.code).toBe(5)
  expect((await bed.windflow(["target", "ls", "--format", "json"])).out).not.toContain("box")

  const agreed = await atTerminal(bed, add, "Is it this key?", "y\r")
  expect(agreed.code).toBe(0)
  const { output } = await host.run("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub")
  expect(agreed.shown).toContain(output.split(" ")[1])
  expect((await bed.windflow(["target", "show", "box"])).out).toContain(host.hostKey)
  // It is pinned: nobody is asked again.
  expect(await bed.windflow(["target", "test", "box"])).toMatchObject({ code: 0 })
})

it("registers with the fingerprint that was compared; then the name is enough, for every verb", async () => {
  const bed = await makeBed("tgadd")
  bed.write(sleeper())
  const shown = (await bed.windflow(["target", "add", "box", host.url(), ...key()])).err
  const fingerprint = /SHA256:[\w+/]{43}/.exec(shown)![0]
  const pinned = ["--host-key", fingerprint, "--label", "team=web", "--in-group", "front"]
  const added = await bed.windflow(["target", "add", "box", host.url(), ...key(), ...pinned])
  expect(added.err).toBe("")
  expect(added.code).toBe(0)
  expect(added.out).toContain(fingerprint)
  expect(added.out).toContain("Debian GNU/Linux")
  expect(statSync(registry(bed)).mode & 0o777).toBe(0o600)
  // The whole key, and where the private one is; never what is in it.
  const stored = readFileSync(registry(bed), "utf8")
  expect(stored).toContain(host.hostKey)
  expect(stored).not.toContain("PRIVATE KEY")

  expect((await bed.windflow(["target", "ls"])).out).toMatch(/box +vm +ssh:\/\/deploy@\S+ +front +team=web/)
  expect((await bed.windflow(["target", "show", "box"])).out).toContain(host.hostKey)
  expect(await bed.windflow(["up", "-d", "--target", "box"])).toMatchObject({ code: 0 })
  const test = await bed.windflow(["target", "test", "box"])
  expect(test.out).toContain(`Runs ${bed.project} (1 containers)`)
  // Type, system, kernel, processors, memory, virtualisation, engines, disks.
  const facts =
    /machine: vm, Debian GNU\/Linux .+, \S+ \w+, \d+ CPU, [\d.]+ GiB, \w+, docker \d[\d.]+.*, \/ [\d.]+ GiB \/ [\d.]+ GiB/
  expect(test.out).toMatch(facts)
  const french = await bed.windflow(["target", "test", "box"], { env: { LC_ALL: "fr_FR.UTF-8" } })
  expect(french.out).toMatch(/horloge.*\n(.*\n)*machine: vm, Debian.* CPU, [\d.]+ Gio/)
  expect(await bed.windflow(["down", "--target", "box"])).toMatchObject({ code: 0 })
  expect(await bed.windflow(["target", "add", "box", host.url()])).toMatchObject({ code: 3 })
  expect(await bed.windflow(["target", "rm", "box"])).toMatchObject({ code: 0 })
  expect(await bed.windflow(["ps", "--target", "box"])).toMatchObject({ code: 3 })
})

it("logs in with a password of the keyring", async () => {
  const bed = await makeBed("tgword")
  await bed.windflow(["secret", "set", "box-word"], { input: host.password })
  const url = host.url("plain")
  const words = ["--password-secret", "box-word", "--host-key", host.hostKey]
  const added = await bed.windflow(["target", "add", "box", url, ...words, "--format", "json"])
  // It is in, and may not use the engine: registered, and the report says which stage fails.
  expect(added.code).toBe(0)
  const report = JSON.parse(added.out) as { ok: boolean; stages: ReadonlyArray<{ stage: string; status: string }> }
  expect(report.ok).toBe(false)
  expect(Object.fromEntries(report.stages.map(({ stage, status }) => [stage, status]))).toEqual({
    dns: "passed",
    tcp: "passed",
    ssh: "passed",
    auth: "passed",
    sudo: "warning",
    engine: "failed",
    api: "skipped",
    disk: "skipped",
    clock: "skipped",
  })
  expect(readFileSync(registry(bed), "utf8")).not.toContain(host.password)
  expect((await bed.windflow(["target", "test", "box"])).code).toBe(5)
})

it("does not register what cannot be reached, known or logged into", async () => {
  const bed = await makeBed("tgbad")
  const nobody = await bed.windflow(["target", "add", "box", "ssh://nowhere.invalid"])
  expect(nobody.err).toContain("the host name cannot be resolved")
  const other = `SHA256:${"A".repeat(43)}`
  const mismatch = await bed.windflow(["target", "add", "box", host.url(), ...key(), "--host-key", other])
  expect(mismatch.err).toContain("No credential was sent")
  const stranger = await bed.windflow(["target", "add", "box", host.url(), "--host-key", host.hostKey])
  expect(stranger.err).toContain("does not let deploy in")
  for (const { code } of [nobody, mismatch, stranger]) expect(code).toBe(5)
  expect((await bed.windflow(["target", "ls", "--format", "json"])).out).not.toContain("box")
})
