/** What a bootstrap has to know of a host: one look by argument lists, read as text. */
import { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { SshHost } from "../transport/ssh/SshHost.ts"

export type InitSystem = "systemd" | "sysv" | "none"

export interface BootstrapFacts {
  /** `ID` and `VERSION_ID` of os-release: `debian`, `12`. */
  readonly distribution: string
  readonly version: string
  readonly name: string
  readonly init: InitSystem
  /** Whom we log in as. */
  readonly user: string
  readonly root: boolean
  /** `sudo` without a password works. */
  readonly sudo: boolean
  /** The API version of the engine that answers on the default socket: `1.41`. */
  readonly engine?: string
  /** A daemon is installed, whether it runs or not. */
  readonly installed: boolean
  /** Texts of apt's sources by path. */
  readonly sources: Readonly<Record<string, string>>
  /** Texts of our own files by path, as they are there now. */
  readonly files: Readonly<Record<string, string>>
  /** The user to deploy as, when one was asked for. */
  readonly deploy?: { readonly exists: boolean; readonly home: string; readonly member: boolean; readonly keys: string }
}

export const aptSources = ["/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"] as const
export const trixieSources = (from: string): string =>
  from.endsWith(".sources")
    ? "/etc/apt/sources.list.d/windflow-trixie.sources"
    : "/etc/apt/sources.list.d/windflow-trixie.list"
export const preferencesFile = "/etc/apt/preferences.d/windflow-docker"

const field = (osRelease: string, key: string): string =>
  new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1] ?? ""

/** As root, where that needs sudo. */
export const asRoot = (facts: Pick<BootstrapFacts, "root">, argv: ReadonlyArray<string>): ReadonlyArray<string> =>
  facts.root ? argv : ["sudo", "-n", ...argv]

interface Said {
  readonly ok: boolean
  readonly text: string
}

export const bootstrapFacts = (
  host: Pick<SshHost, "run">,
  deployUser: string | undefined,
): Effect.Effect<BootstrapFacts, WindFlowError> =>
  Effect.gen(function* () {
    const ask = (...argv: ReadonlyArray<string>): Effect.Effect<Said, WindFlowError> =>
      Effect.map(host.run(argv), ({ exitCode, stdout }) => ({
        ok: exitCode === 0,
        text: stdout.toString("utf8").trimEnd(),
      }))
    const first = yield* Effect.all(
      {
        os: ask("cat", "/etc/os-release"),
        user: ask("id", "-un"),
        sudo: ask("sudo", "-n", "true"),
        systemd: ask("test", "-d", "/run/systemd/system"),
        process: ask("cat", "/proc/1/comm"),
        service: ask("test", "-x", "/usr/sbin/service"),
        script: ask("test", "-x", "/etc/init.d/docker"),
        daemon: ask("test", "-x", "/usr/sbin/dockerd"),
      },
      { concurrency: 4 },
    )
    const user = first.user.text
    const root = user === "root"
    const facts = { root }
    const asked = (...argv: ReadonlyArray<string>) =>
      root || first.sudo.ok ? ask(...asRoot(facts, argv)) : Effect.succeed({ ok: false, text: "" })
    const texts = (paths: ReadonlyArray<string>) =>
      Effect.map(
        Effect.forEach(paths, (path) => Effect.map(ask("cat", path), ({ ok, text }) => [path, ok, text] as const), {
          concurrency: 4,
        }),
        (found) => Object.fromEntries(found.flatMap(([path, ok, text]) => (ok ? [[path, `${text}\n`]] : []))),
      )
    const [engine, sources, files] = yield* Effect.all(
      [
        asked("docker", "version", "--format", "{{.Server.APIVersion}}"),
        texts(aptSources),
        texts([...new Set(aptSources.map(trixieSources)), preferencesFile]),
      ],
      { concurrency: 3 },
    )
    const deploy = deployUser === undefined ? undefined : yield* deployFacts(ask, asked, deployUser)
    const init: InitSystem = first.systemd.ok
      ? "systemd"
      : first.process.text === "init" && first.service.ok && (first.script.ok || !first.daemon.ok)
        ? "sysv"
        : "none"
    return {
      distribution: field(first.os.text, "ID"),
      version: field(first.os.text, "VERSION_ID"),
      name: field(first.os.text, "PRETTY_NAME"),
      init,
      user,
      root,
      sudo: first.sudo.ok,
      ...(engine.ok && /^\d+\.\d+$/.test(engine.text) ? { engine: engine.text } : {}),
      installed: first.daemon.ok,
      sources,
      files,
      ...(deploy === undefined ? {} : { deploy }),
    }
  })

type Ask = (...argv: ReadonlyArray<string>) => Effect.Effect<Said, WindFlowError>

const deployFacts = (ask: Ask, asked: Ask, name: string) =>
  Effect.gen(function* () {
    const passwd = yield* ask("getent", "passwd", name)
    const home = passwd.text.split(":")[5] ?? `/home/${name}`
    const groups = yield* ask("id", "-Gn", name)
    const keys = yield* asked("cat", `${home}/.ssh/authorized_keys`)
    return {
      exists: passwd.ok,
      home: passwd.ok ? home : `/home/${name}`,
      member: groups.ok && groups.text.split(" ").includes("docker"),
      keys: keys.ok ? keys.text : "",
    }
  })
