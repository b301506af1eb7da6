import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { brokenRule } from "../plan/seal.ts"
import { type BootstrapOptions, planBootstrap, restrictedKey } from "./bootstrapPlan.ts"
import type { BootstrapFacts } from "./HostFacts.ts"

const bookworm: BootstrapFacts = {
  distribution: "debian",
  version: "12",
  name: "Debian GNU/Linux 12 (bookworm)",
  init: "systemd",
  user: "deploy",
  root: false,
  sudo: true,
  installed: false,
  sources: { "/etc/apt/sources.list": "# a mirror\ndeb http://mirror.test/debian bookworm main\n" },
  files: {},
}
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDbL ada@laptop"
const ready: BootstrapFacts = { ...bookworm, installed: true, engine: "1.45" }

const plan = (facts: BootstrapFacts, options: Partial<BootstrapOptions> = {}) =>
  planBootstrap("box", facts, { detached: false, ...options })
const draft = (facts: BootstrapFacts, options?: Partial<BootstrapOptions>) => {
  const found = Result.getOrThrow(plan(facts, options))
  expect(brokenRule(found)).toBeUndefined()
  return found
}
const steps = (facts: BootstrapFacts, options?: Partial<BootstrapOptions>) =>
  draft(facts, options).operations.map(({ id }) => id)
const refusal = (facts: BootstrapFacts, options?: Partial<BootstrapOptions>) => {
  const found = plan(facts, options)
  return Result.isFailure(found) ? found.failure : undefined
}

describe("packages", () => {
  test("Debian 12 takes Docker, and only Docker, from Debian 13, by the host's own mirror", () => {
    const { operations, warnings } = draft(bookworm)
    expect(operations.map(({ id }) => id)).toEqual([
      "packages/write /etc/apt/sources.list.d/windflow-trixie.list",
      "packages/write /etc/apt/preferences.d/windflow-docker",
      "packages/update",
      "packages/install",
      "engine/enable",
      "engine/answers",
    ])
    expect(operations[0]?.args["text"]).toBe("deb http://mirror.test/debian trixie main\n")
    expect(operations[1]?.args["text"]).toContain("Pin: release n=trixie*\nPin-Priority: 100")
    expect(warnings).toEqual([
      "Debian GNU/Linux 12 (bookworm) has a Docker that is too old; that of Debian 13 is installed, with the libraries it needs.",
    ])
  })

  test.each([
    ["debian", "13", ["docker.io", "docker-cli"]],
    ["ubuntu", "24.04", ["docker.io"]],
  ])("%s %s has its own", (distribution, version, packages) => {
    const found = draft({ ...bookworm, distribution, version })
    expect(found.operations.map(({ id }) => id)).toEqual([
      "packages/update",
      "packages/install",
      "engine/enable",
      "engine/answers",
    ])
    expect(found.operations[1]?.args["argv"]).toEqual([
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-q",
      "install",
      "-y",
      "--no-install-recommends",
      ...packages,
      "iptables",
      "ca-certificates",
    ])
  })

  test.each([
    ["fedora", "dnf"],
    ["alpine", "apk"],
    ["opensuse-leap", "zypper"],
    ["debian", ""],
  ])("%s of another version is refused by name", (distribution, tool) => {
    expect(refusal({ ...bookworm, distribution, version: "9", name: "Some 9" })).toMatchObject({
      _tag: "HostUnsupported",
      detail: `Some 9${tool === "" ? "" : ` (${tool})`} is not one that a test stands behind`,
    })
  })

  test("an engine that is too old is raised, and the plan says what that costs", () => {
    const { groups, warnings } = draft({ ...bookworm, installed: true, engine: "1.41" })
    expect(groups[0]).toMatchObject({ id: "packages", kind: "update", cause: "Docker speaks API 1.41" })
    expect(warnings[0]).toBe("Docker is raised: its containers stop meanwhile.")
  })
})

describe("the engine", () => {
  test("one that is installed and does not answer is only started", () => {
    expect(steps({ ...bookworm, installed: true })).toEqual(["engine/enable", "engine/answers"])
    expect(steps({ ...bookworm, installed: true, init: "sysv" })).toEqual([
      "engine/enable",
      "engine/start",
      "engine/answers",
    ])
  })

  test("without an init system it is started by itself only when asked for, with a warning", () => {
    expect(refusal({ ...bookworm, init: "none" })).toMatchObject({ _tag: "HostUnsupported" })
    const { operations, warnings } = draft({ ...bookworm, init: "none", installed: true }, { detached: true })
    expect(operations[0]?.args["argv"]).toContain("start-stop-daemon")
    expect(warnings).toHaveLength(1)
  })
})

describe("the deploy user", () => {
  const deploy = { user: "ship", key }
  const absent = { exists: false, home: "/home/ship", member: false, keys: "" }

  test("is made, joins the group, and gets a key that allows the engine and nothing else", () => {
    const { operations } = draft({ ...ready, deploy: absent }, { deploy })
    expect(operations.map(({ id }) => id)).toEqual([
      "user ship/create",
      "user ship/join",
      "user ship/directory",
      "user ship/write /home/ship/.ssh/authorized_keys",
    ])
    expect(operations.at(-1)?.args["text"]).toBe(`${restrictedKey(key)}\n`)
  })

  test("keeps the keys it has, and is left alone when it has this one", () => {
    const there = { exists: true, home: "/srv/ship", member: true, keys: "ssh-rsa AAAA other" }
    expect(draft({ ...ready, deploy: there }, { deploy }).operations.at(-1)?.args["text"]).toBe(
      `ssh-rsa AAAA other\n${restrictedKey(key)}\n`,
    )
    expect(steps({ ...ready, deploy: { ...there, keys: restrictedKey(key) } }, { deploy })).toEqual([])
  })

  test.each([
    ["a name with a space", { user: "a b", key }],
    ["an option as a name", { user: "-x", key }],
    ["a second line", { user: "ship", key: `${key}\nssh-rsa AAAA evil` }],
    ["options of its own", { user: "ship", key: `command="sh" ${key}` }],
  ])("%s is refused", (_, deploy) => {
    expect(refusal({ ...ready, deploy: absent }, { deploy })).toMatchObject({ _tag: "Usage" })
  })
})

test("a host that is ready has nothing to do, and then nobody needs rights", () => {
  expect(steps({ ...ready, sudo: false })).toEqual([])
})

test("without root and sudo nothing is tried", () => {
  expect(refusal({ ...bookworm, sudo: false })).toMatchObject({ _tag: "PrivilegeMissing", user: "deploy" })
})
