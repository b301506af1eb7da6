/**
 * From facts to the steps that make a host a Docker host: pure. A step is an argument list that may be run again; what is done
 * already is no step, so that a second bootstrap has nothing to do.
 */
import { Result, Schema } from "effect"
import { HostUnsupported, PrivilegeMissing, Usage } from "../model/errors/union.ts"
import type { Operation } from "../plan/Operation.ts"
import type { PlanDraft } from "../plan/Plan.ts"
import { type BootstrapFacts, aptSources, preferencesFile, trixieSources } from "./HostFacts.ts"

export interface BootstrapOptions {
  /** Where no init system starts services: start the daemon by itself, although nothing starts it again after a reboot. */
  readonly detached: boolean
  /** A user who may deploy and do little else. */
  readonly deploy?: {
    readonly user: string
    /** A line of authorized_keys: `ssh-ed25519 AAAA… comment`. */
    readonly key: string
  }
}

export const BootstrapAction = Schema.Union([
  /** As root. */
  Schema.Struct({ verb: Schema.tag("Run"), args: Schema.Struct({ argv: Schema.Array(Schema.String) }) }),
  /** A file with this text, complete or as before. */
  Schema.Struct({
    verb: Schema.tag("Write"),
    args: Schema.Struct({ path: Schema.String, mode: Schema.String, owner: Schema.String, text: Schema.String }),
  }),
  /** Asks until the engine answers. */
  Schema.Struct({ verb: Schema.tag("AwaitEngine"), args: Schema.Struct({ seconds: Schema.Int }) }),
])
export type BootstrapAction = typeof BootstrapAction.Type

/** Docker 25. */
const oldestMinor = 44

const isNewEnough = (engine: string | undefined): boolean => {
  const [major = 0, minor = 0] = (engine ?? "0.0").split(".").map(Number)
  return major > 1 || (major === 1 && minor >= oldestMinor)
}

interface Distribution {
  readonly packages: ReadonlyArray<string>
  /** Its own Docker is too old: that of this release is taken. */
  readonly from?: "trixie"
}

/** Distributions by `ID VERSION_ID`. The client is a package of its own since Debian 13. */
const distributions: Readonly<Record<string, Distribution>> = {
  "debian 12": { packages: ["docker.io", "docker-cli"], from: "trixie" },
  "debian 13": { packages: ["docker.io", "docker-cli"] },
  "ubuntu 24.04": { packages: ["docker.io"] },
}
const expected = "Debian 12 or 13, or Ubuntu 24.04"

/** Nothing comes from Debian 13 unless it is asked for by name, or needed by what is. */
const preferences = "# Written by WindFlow.\nPackage: *\nPin: release n=trixie*\nPin-Priority: 100\n"

const familyTools: Readonly<Record<string, string>> = {
  fedora: "dnf",
  rhel: "dnf",
  centos: "dnf",
  rocky: "dnf",
  almalinux: "dnf",
  amzn: "dnf",
  alpine: "apk",
  opensuse: "zypper",
  "opensuse-leap": "zypper",
  sles: "zypper",
  arch: "pacman",
}

class Steps {
  readonly groups: Array<PlanDraft["groups"][number]> = []
  readonly operations: Array<Operation> = []
  readonly warnings: Array<string> = []

  group(id: string, kind: "create" | "update", cause: string): void {
    this.groups.push({ id, kind, resource: id, cause, fields: [] })
  }

  /** One after the other: each needs the one before. */
  add(group: string, name: string, action: BootstrapAction): void {
    const before = this.operations.at(-1)?.id
    this.operations.push({
      id: `${group}/${name}`,
      verb: action.verb,
      resource: group,
      group,
      cause: this.groups.find(({ id }) => id === group)?.cause ?? "",
      needs: before === undefined ? [] : [before],
      recovery: "idempotent",
      args: action.args,
    })
  }

  run(group: string, name: string, argv: ReadonlyArray<string>): void {
    this.add(group, name, { verb: "Run", args: { argv } })
  }

  file(group: string, path: string, mode: string, text: string, owner = "root"): void {
    this.add(group, `write ${path}`, { verb: "Write", args: { path, mode, owner, text } })
  }
}

const apt = (...argv: ReadonlyArray<string>): ReadonlyArray<string> => [
  "env",
  "DEBIAN_FRONTEND=noninteractive",
  "apt-get",
  "-q",
  ...argv,
]

/** The sources of this release, with the other's name in them: the same mirrors. Security updates of Debian 13 belong to it. */
const otherRelease = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll("bookworm", "trixie")

const planPackages = (facts: BootstrapFacts, distribution: Distribution, steps: Steps): void => {
  const group = "packages"
  steps.group(
    group,
    facts.installed ? "update" : "create",
    facts.installed ? `Docker speaks API ${facts.engine ?? "of no known version"}` : "Docker is not installed",
  )
  if (facts.installed) steps.warnings.push("Docker is raised: its containers stop meanwhile.")
  if (distribution.from !== undefined) {
    for (const path of aptSources) {
      const text = otherRelease(facts.sources[path] ?? "")
      const there = trixieSources(path)
      if (text.includes("trixie") && facts.files[there]?.trim() !== text.trim()) steps.file(group, there, "0644", text)
    }
    if (facts.files[preferencesFile]?.trim() !== preferences.trim())
      steps.file(group, preferencesFile, "0644", preferences)
    steps.warnings.push(
      `${facts.name} has a Docker that is too old; that of Debian 13 is installed, with the libraries it needs.`,
    )
  }
  steps.run(group, "update", apt("update"))
  steps.run(
    group,
    "install",
    apt(
      "install",
      "-y",
      "--no-install-recommends",
      ...(distribution.from === undefined ? [] : ["-t", distribution.from]),
      ...distribution.packages,
      "iptables",
      "ca-certificates",
    ),
  )
}

const engineSeconds = 60

const planStart = (facts: BootstrapFacts, steps: Steps): void => {
  const group = "engine"
  steps.group(group, "create", "it does not answer")
  switch (facts.init) {
    case "systemd":
      steps.run(group, "enable", ["systemctl", "enable", "--now", "docker"])
      break
    case "sysv":
      steps.run(group, "enable", ["update-rc.d", "docker", "defaults"])
      steps.run(group, "start", ["service", "docker", "start"])
      break
    case "none":
      steps.warnings.push(
        "No init system was found: the daemon is started by itself, and nobody starts it after a reboot.",
      )
      steps.run(group, "start", [
        "start-stop-daemon",
        "--start",
        "--oknodo",
        "--background",
        "--output",
        "/var/log/dockerd.log",
        "--exec",
        "/usr/sbin/dockerd",
      ])
  }
  steps.add(group, "answers", { verb: "AwaitEngine", args: { seconds: engineSeconds } })
}

/** May forward the socket, or talk through the one command, and nothing else: no shell, no terminal, no ports. */
export const restrictedKey = (key: string): string =>
  [
    'restrict,port-forwarding,permitopen="127.0.0.1:1",permitlisten="127.0.0.1:1"',
    `command="docker system dial-stdio" ${key}`,
  ].join(",")

const planUser = (
  facts: BootstrapFacts,
  { user, key }: NonNullable<BootstrapOptions["deploy"]>,
  steps: Steps,
): void => {
  const { exists = false, home = `/home/${user}`, member = false, keys = "" } = facts.deploy ?? {}
  const line = restrictedKey(key)
  const known = keys.split("\n").includes(line)
  if (exists && member && known) return
  const group = `user ${user}`
  steps.group(group, exists ? "update" : "create", exists ? "may not deploy yet" : "does not exist")
  // sshd runs the forced command by the login shell; there is no password to log in with.
  if (!exists) steps.run(group, "create", ["useradd", "--create-home", "--shell", "/bin/sh", user])
  if (!member) steps.run(group, "join", ["usermod", "-aG", "docker", user])
  if (!known) {
    const directory = `${home}/.ssh`
    steps.run(group, "directory", ["install", "-d", "-m", "0700", "-o", user, "-g", user, directory])
    const text = [...(keys === "" ? [] : [keys]), line, ""].join("\n")
    steps.file(group, `${directory}/authorized_keys`, "0600", text, user)
  }
  steps.warnings.push(`${user} can reach the engine, and whoever reaches the engine is root on ${facts.name}.`)
}

const userName = /^[a-z_][a-z0-9_-]{0,31}$/
const keyLine = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [\w@.+:-]*)?$/

export type BootstrapRefusal = HostUnsupported | PrivilegeMissing | Usage

/** What has to be done on `host`; no operation when it is a Docker host already and the user is there. */
export const planBootstrap = (
  host: string,
  facts: BootstrapFacts,
  options: BootstrapOptions,
): Result.Result<PlanDraft, BootstrapRefusal> => {
  const { deploy } = options
  if (deploy !== undefined && !userName.test(deploy.user))
    return Result.fail(
      new Usage({ subject: "deploy user", detail: "this is no user name", expected: "a-z, 0-9, _ and -" }),
    )
  // A key of several lines, or with options of its own, would grant what nobody agreed to.
  if (deploy !== undefined && !keyLine.test(deploy.key))
    return Result.fail(
      new Usage({
        subject: "deploy key",
        detail: "this is no public key",
        expected: "one line: type, base64, comment",
      }),
    )
  const steps = new Steps()
  const ready = isNewEnough(facts.engine)
  if (!ready) {
    const distribution = distributions[`${facts.distribution} ${facts.version}`]
    if (distribution === undefined) {
      const tool = familyTools[facts.distribution]
      const detail = `${facts.name === "" ? "its system" : facts.name}${tool === undefined ? "" : ` (${tool})`} is not one that a test stands behind`
      return Result.fail(new HostUnsupported({ host, detail, expected }))
    }
    if (facts.init === "none" && !options.detached)
      return Result.fail(
        new HostUnsupported({
          host,
          detail: "it has no init system that could start the Docker daemon",
          expected: "systemd or SysV init, or --detached to start the daemon by itself until the next reboot",
        }),
      )
    // Installed and not answering may only be stopped; its version is then unknown, and the package manager knows what to do.
    if (!facts.installed || facts.engine !== undefined) planPackages(facts, distribution, steps)
    planStart(facts, steps)
  }
  if (deploy !== undefined) planUser(facts, deploy, steps)
  if (steps.operations.length > 0 && !facts.root && !facts.sudo)
    return Result.fail(
      new PrivilegeMissing({
        host,
        user: facts.user,
        detail: "it is neither root nor may it use sudo without a password",
      }),
    )
  return Result.succeed({
    groups: steps.groups,
    operations: steps.operations,
    warnings: steps.warnings,
    snapshot: { ...facts, deploy: facts.deploy ?? null, engine: facts.engine ?? null },
  })
}
