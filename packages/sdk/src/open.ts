/** Opening WindFlow in this process: configuration, state, drivers. Everything it reads is named in `OpenOptions`. */
import { homedir } from "node:os"
import { join } from "node:path"
import { DriverUnavailable, type Target, type WindFlowError } from "@windflow/engine/model"
import { makeDeployments } from "@windflow/engine/execute"
import type { SecretStoreShape } from "@windflow/engine/secret"
import { thisProcess } from "@windflow/engine/state"
import { Context, Effect, Exit, Scope } from "effect"
import { composeDriver } from "./composeDriver.ts"
import { loadConfig } from "./configFile.ts"
import type { WindFlow } from "./contract.ts"
import { keyringIn } from "./keyring.ts"
import { makeWindFlow } from "./makeWindFlow.ts"
import { promiseFace } from "./promise.ts"
import { fileRegistry, memoryRegistry } from "./registry.ts"
import type { DriverContext, DriverFactory, Session } from "./session.ts"
import { openState } from "./openState.ts"
import type { SshOptions } from "./sshHost.ts"
import { state as stateChoices, type StateStore } from "./state.ts"

export interface OpenOptions {
  /** Where locks, revisions and the journal lie; default `state.onTarget()`. */
  readonly state?: StateStore
  /** What `secret("name")` refers to; default: the local keyring in the state directory. */
  readonly secrets?: SecretStoreShape
  /** Drivers of your own, before the built-in ones of the same name. */
  readonly drivers?: ReadonlyArray<DriverFactory>
  /** A configuration file; `false`: none. Default: the nearest `windflow.config.*` at or above `directory`. */
  readonly config?: string | false
  /** Default: the current directory. */
  readonly directory?: string
  /**
   * Environment variables that may be used: DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH,
   * SSH_AUTH_SOCK, XDG_STATE_HOME and WINDFLOW_KEYRING_KEY. Default: none; hand over `process.env` to behave as Docker's own tools do.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Journal, registered targets and the local keyring. Default: `$XDG_STATE_HOME/windflow` (as `env` has it), else
   * `~/.local/state/windflow`. WINDFLOW_STATE_DIR is the command's and is not read, in `env` neither: where it is set, pass it
   * here to share that state with the command.
   */
  readonly stateDirectory?: string
  /**
   * For `ssh://` targets that name no credential of their own. Without it the agent of `env`, `~/.ssh/id_ed25519`, `id_ecdsa` and
   * `id_rsa` are offered, to hosts that `~/.ssh/known_hosts` knows.
   */
  readonly ssh?: SshOptions
}

/** `$XDG_STATE_HOME/windflow`, else `~/.local/state/windflow`. */
export const defaultStateDirectory = (env: Readonly<Record<string, string | undefined>> = {}): string => {
  const base = env["XDG_STATE_HOME"]
  return join(base === undefined || base === "" ? join(homedir(), ".local", "state") : base, "windflow")
}

const notThere: Readonly<Record<string, string>> = {
  swarm: "the swarm driver is not built yet",
  kubernetes: "the kubernetes driver is not built yet",
}

const definedOf = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** An opened target: its driver, and runs on it with the chosen state. */
const openSession = Effect.fn("openSession")(function* (
  target: Target,
  drivers: ReadonlyArray<DriverFactory>,
  context: DriverContext,
  state: StateStore,
  stateDirectory: string,
) {
  const factory = drivers.find((one) => one.name === target.driver)
  if (factory === undefined)
    return yield* new DriverUnavailable({
      driver: target.driver,
      detail: notThere[target.driver] ?? "no driver of that name is registered",
    })
  const driver = yield* factory.open(target, context)
  const stores = yield* openState(state, stateDirectory, target)
  const deployments = makeDeployments({ driver, target, owner: thisProcess(), ...stores })
  return { target, driver, deployments } satisfies Session
})

/** In the scope of the caller: closing it closes every connection. */
export const openEffect = Effect.fn("windflow.open")(function* (options: OpenOptions = {}) {
  const env = definedOf(options.env ?? {})
  const { config } = yield* loadConfig(options.config, options.directory ?? process.cwd())
  const state = options.state ?? stateChoices.onTarget()
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory(env)
  const drivers = [...(options.drivers ?? []), composeDriver]
  const secrets = options.secrets ?? keyringIn({ directory: stateDirectory, env })
  const context: DriverContext = { env, secrets, ssh: options.ssh ?? {} }
  return yield* makeWindFlow({
    config,
    registry: state._state === "memory" ? memoryRegistry() : fileRegistry(join(stateDirectory, "targets.json")),
    local: Effect.promise(() => import("./localTarget.ts")).pipe(Effect.flatMap(({ localTarget }) => localTarget(env))),
    open: (target) => openSession(target, drivers, context, state, stateDirectory),
    bootstrap: (target, options) =>
      Effect.promise(() => import("./bootstrapTarget.ts")).pipe(
        Effect.flatMap(({ bootstrapTarget }) => bootstrapTarget(target, context, state, stateDirectory, options)),
      ),
    probe: (target) =>
      drivers.find((one) => one.name === target.driver)?.probe?.(target, context) ?? Effect.succeed(undefined),
  })
})

/** As a Promise; `await using` closes it. */
export const open = async (options: OpenOptions = {}): Promise<WindFlow> => {
  const scope = Scope.makeUnsafe()
  const exit = await Effect.runPromiseExit(Scope.provide(openEffect(options), scope))
  if (Exit.isSuccess(exit)) return promiseFace(exit.value, Context.empty(), scope)
  await Effect.runPromise(Scope.close(scope, exit))
  return Effect.runPromise(Effect.failCause<WindFlowError>(exit.cause))
}
