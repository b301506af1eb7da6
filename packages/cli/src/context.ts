/** What verbs share: flags and environment resolved in their documented order, the opened WindFlow, output, the stop signal. */
import { existsSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import type { Locale } from "@windflow/engine/model"
import type { ComposeOptions, LoadedConfig, SshOptions, Stack, WindFlow, Where } from "@windflow/sdk"
import type { GlobalFlags } from "./globals.ts"
import { splitTargets } from "./targetList.ts"
import type { Host } from "./host.ts"
import type { Interrupt } from "./interrupt.ts"
import { answered, terminalOf } from "./prompt.ts"
import { palette, wantsColor } from "./render/palette.ts"
import type { Texts } from "./text/index.ts"
import type { ComposeFiles, VerbContext } from "./verbs/Verb.ts"

/** A variable that is set and not empty. */
const variable = (host: Host, name: string): string | undefined => {
  const value = host.env[name]
  return value === undefined || value === "" ? undefined : value
}

/** `--context` is Docker's own choice of an engine, so it stands over DOCKER_HOST. */
const environmentOf = (host: Host, flags: GlobalFlags): Readonly<Record<string, string | undefined>> =>
  flags.context === undefined ? host.env : { ...host.env, DOCKER_CONTEXT: flags.context, DOCKER_HOST: undefined }

const onPath = (host: Host, program: string): boolean =>
  (host.env["PATH"] ?? "")
    .split(delimiter)
    .some((directory) => directory !== "" && existsSync(join(directory, program)))

/** The user's own ssh where it is there, as their other tools use it; WINDFLOW_SSH decides it by hand. */
const sshClient = (host: Host): NonNullable<SshOptions["client"]> => {
  const wanted = variable(host, "WINDFLOW_SSH")
  if (wanted === "system" || wanted === "built-in") return wanted
  return onPath(host, "ssh") ? "system" : "built-in"
}

/** Only a person at a terminal is asked for a passphrase. */
const sshOptions = (host: Host, flags: GlobalFlags, texts: Texts, signal: AbortSignal): SshOptions => {
  const { identity, knownHosts } = flags
  // Standard input last: to be asked opens it.
  const asks = host.stderr.isTTY === true && host.stdin.isTTY === true
  return {
    client: sshClient(host),
    ...(identity === undefined ? {} : { identity: resolve(host.cwd, identity) }),
    ...(knownHosts === undefined ? {} : { knownHosts: knownHosts.map((file) => resolve(host.cwd, file)) }),
    ...(asks
      ? {
          passphrase: async (key) => {
            const { default: password } = await import("@inquirer/password")
            return answered(key, () =>
              password({ message: texts.secret.passphrase(key) }, { ...terminalOf(host), signal }),
            )
          },
        }
      : {}),
  }
}

const once = <A>(make: () => Promise<A>): (() => Promise<A>) => {
  let made: Promise<A> | undefined
  return () => (made ??= make())
}

/** All of standard input. */
const textOf = async (input: Host["stdin"]): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of input) chunks.push(chunk)
  return new TextDecoder().decode(Buffer.concat(chunks))
}

export interface OpenedContext {
  readonly context: VerbContext
  /** An error that only says "cancelled" becomes the deadline's, when that was the reason. */
  readonly explain: (thrown: unknown) => Promise<unknown>
  readonly close: () => Promise<void>
}

export const createContext = (
  flags: GlobalFlags,
  host: Host,
  texts: Texts,
  locale: Locale,
  interrupt: Pick<Interrupt, "signal" | "running" | "forward">,
): OpenedContext => {
  const env = environmentOf(host, flags)
  const deadline = flags.deadline === undefined ? undefined : AbortSignal.timeout(flags.deadline * 1000)
  const signal = deadline === undefined ? interrupt.signal : AbortSignal.any([interrupt.signal, deadline])

  const config = once(async (): Promise<LoadedConfig> => {
    // Not the whole SDK: `config` needs no more of it.
    const { loadConfigFile } = await import("@windflow/sdk/config-file")
    return loadConfigFile({ directory: host.cwd, config: variable(host, "WINDFLOW_CONFIG") })
  })

  let opened: Promise<WindFlow> | undefined
  const open = () =>
    (opened ??= (async () => {
      const { file } = await config()
      const stateDirectory = variable(host, "WINDFLOW_STATE_DIR")
      return host.open({
        env,
        directory: host.cwd,
        config: file ?? false,
        ssh: sshOptions(host, flags, texts, signal),
        ...(stateDirectory === undefined ? {} : { stateDirectory: resolve(host.cwd, stateDirectory) }),
      })
    })())

  const named = flags.group === undefined ? (flags.target ?? variable(host, "WINDFLOW_TARGET")) : undefined
  const several = named === undefined ? [] : splitTargets(named)
  const fleet =
    flags.group !== undefined ? { group: flags.group } : several.length > 1 ? { targets: several } : undefined
  const target = fleet === undefined ? named : undefined
  const environment = flags.env ?? variable(host, "WINDFLOW_ENV")
  const where: Where = {
    ...(target === undefined ? {} : { target }),
    ...(environment === undefined ? {} : { environment }),
  }

  const projectName = async () =>
    flags.projectName ?? variable(host, "COMPOSE_PROJECT_NAME") ?? (await config()).config.defaults?.project

  const composeFiles = once(async (): Promise<ComposeFiles> => {
    const { file: configFile, config: settings } = await config()
    // COMPOSE_* are read by the loader from `env`; the configuration stands below them.
    const fromConfig =
      configFile === undefined || variable(host, "COMPOSE_FILE") !== undefined
        ? undefined
        : settings.defaults?.file?.map((file) => resolve(configFile, "..", file))
    const files = flags.file ?? fromConfig
    const project = await projectName()
    const named = files ?? variable(host, "COMPOSE_FILE")?.split(variable(host, "COMPOSE_PATH_SEPARATOR") ?? delimiter)
    const stdin = named?.includes("-") === true ? await textOf(host.stdin) : undefined
    const options: ComposeOptions = {
      directory: host.cwd,
      env,
      ...(stdin === undefined ? {} : { stdin }),
      ...(project === undefined ? {} : { project }),
      ...(flags.profile === undefined ? {} : { profiles: flags.profile }),
      ...(flags.envFile === undefined ? {} : { envFiles: flags.envFile }),
      ...(flags.projectDirectory === undefined ? {} : { projectDirectory: flags.projectDirectory }),
    }
    return { files, options }
  })

  const stack = once(async (): Promise<Stack> => {
    const { files, options } = await composeFiles()
    const { compose } = await import("@windflow/sdk")
    return compose(files, options)
  })

  const context: VerbContext = {
    host,
    flags,
    texts,
    locale,
    zone: flags.time ?? "utc",
    json: flags.format === "json",
    colors: palette(wantsColor(flags.color, host.env, host.stdout.isTTY === true)),
    signal,
    running: interrupt.running,
    forward: interrupt.forward,
    where,
    fleet,
    config,
    open,
    composeFiles,
    stack,
    project: async () => (await projectName()) ?? (await stack()).name,
    print: (text) => void host.stdout.write(`${text}\n`),
    note: (text) => void host.stderr.write(`${text}\n`),
  }

  const explain = async (thrown: unknown): Promise<unknown> => {
    if (deadline?.aborted !== true || flags.deadline === undefined) return thrown
    const { isError } = await import("@windflow/sdk")
    if (!isError(thrown, "Cancelled")) return thrown
    const { DeadlineExceeded } = await import("@windflow/engine/model")
    return new DeadlineExceeded({ subject: thrown.deployment, seconds: flags.deadline })
  }

  const close = async () => {
    // Opening may have failed: that error was reported where it was awaited.
    const flow = await opened?.catch(() => undefined)
    await flow?.[Symbol.asyncDispose]()
  }

  return { context, explain, close }
}
