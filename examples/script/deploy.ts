/**
 * A deployment written in TypeScript: a stack, a secret, and what to do with them.
 *
 *     node deploy.ts plan      what would happen
 *     node deploy.ts up        makes a password on the first run, deploys, waits until it is healthy
 *     node deploy.ts down      takes it away again; data stays
 */
import { randomBytes } from "node:crypto"
import { defaultStateDirectory, defineStack, isError, type Keyring, openKeyring, secret, WindFlow } from "@windflow/sdk"

/** A Redis that asks for a password. `secret("store")` is a name: the value is put in when the container is made. */
export const store = (project: string, image: string) =>
  defineStack(project, {
    services: {
      store: {
        image,
        command: ["sh", "-c", 'exec redis-server --requirepass "$STORE_PASSWORD" --appendonly yes'],
        environment: { STORE_PASSWORD: secret("store") },
        volumes: ["data:/data"],
        healthcheck: {
          test: ["CMD-SHELL", 'REDISCLI_AUTH="$STORE_PASSWORD" redis-cli ping | grep -q PONG'],
          interval: "5s",
          timeout: "2s",
          start_period: "20s",
          start_interval: "250ms",
        },
        restart: "unless-stopped",
      },
    },
    volumes: { data: {} },
  })

/** Makes the password on the first run; nobody needs to know it. */
const ensurePassword = async (keyring: Keyring): Promise<void> => {
  const known = await keyring.list()
  if (!known.some(({ name }) => name === "store")) await keyring.set("store", randomBytes(24).toString("base64url"))
}

export interface Deploy {
  readonly verb: string
  readonly project?: string
  readonly stateDirectory?: string
  readonly environment: NodeJS.ProcessEnv
  readonly say: (text: string) => void
}

export const deploy = async ({ verb, project = "script", environment, say, ...rest }: Deploy): Promise<void> => {
  const stateDirectory = rest.stateDirectory ?? defaultStateDirectory(environment)
  // The keyring of `windflow secret`; its key comes from WINDFLOW_KEYRING_KEY, else from the key file beside it.
  const keyring = openKeyring({ directory: stateDirectory, env: environment })
  await using windflow = await WindFlow.open({ config: false, env: environment, stateDirectory })
  const stack = store(project, environment["REDIS_IMAGE"] ?? "redis:7.2")
  switch (verb) {
    case "plan":
      await ensurePassword(keyring)
      return say(String(await windflow.plan(stack)))
    case "up": {
      await ensurePassword(keyring)
      const revision = await windflow.up(stack, {
        onEvent: (event) => {
          if (event._tag === "OperationSucceeded") say(`done: ${event.operation}`)
        },
      })
      return say(`revision ${revision.number} of ${revision.deployment}: ${revision.status}`)
    }
    case "down":
      await windflow.down(project)
      return say("taken down; its data is kept")
    default:
      return say("usage: node deploy.ts plan | up | down")
  }
}

if (process.argv[1] === import.meta.filename)
  try {
    await deploy({ verb: process.argv[2] ?? "", environment: process.env, say: console.log })
  } catch (error) {
    if (!isError(error)) throw error
    console.error(`${error.message}\n${error.remedy}`)
    process.exitCode = 1
  }
