/**
 * `use_api_socket`: no key of the engine but a change of the model, as Compose makes it before anything else: the engine's socket
 * is mounted, and the deployer's registry credentials are put beside it. They never enter the desired state.
 */
import { Effect } from "effect"
import type { NotAuthorised } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"
import type { DockerConfig } from "../../transport/dockerConfig.ts"
import { registryAuth } from "../../transport/registryAuth.ts"

const socket = "/var/run/docker.sock"
const folder = "/run/secrets/docker"

/** The config that holds the credentials; no name of a file can be that. */
export const apiSocketConfig = "#apisocket"

const withSocket = (service: Service): Service => ({
  ...service,
  volumes: [...(service.volumes ?? []), { type: "bind", source: socket, target: socket }],
  // Whoever names a folder of their own keeps it.
  environment: { DOCKER_CONFIG: folder, ...service.environment },
  configs: [...(service.configs ?? []), { source: apiSocketConfig, target: `${folder}/config.json` }],
})

/** The same stack where no service asks for it. */
export const withApiSocket = (stack: Stack): Stack => {
  const { services, configs } = stack.model
  if (!Object.values(services).some((service) => service.use_api_socket === true)) return stack
  return {
    ...stack,
    model: {
      ...stack.model,
      services: Object.fromEntries(
        Object.entries(services).map(([name, service]) => [
          name,
          service.use_api_socket === true ? withSocket(service) : service,
        ]),
      ),
      // Not a variable of the environment, but like one: its value is not in the model.
      configs: { ...configs, [apiSocketConfig]: { environment: "DOCKER_CONFIG" } },
    },
  }
}

const headed = (header: string): { readonly auth?: string; readonly identitytoken?: string } => {
  const { username, password, identitytoken } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as Record<
    string,
    string | undefined // what registryAuth has just encoded
  >
  return identitytoken === undefined
    ? { auth: Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64") }
    : { identitytoken }
}

/** Docker's configuration file with every credential the deployer has: a helper of this machine does not exist over there. */
export const apiSocketContent = (config: DockerConfig): Effect.Effect<string, NotAuthorised> =>
  Effect.gen(function* () {
    const registries = new Set([...Object.keys(config.auths ?? {}), ...Object.keys(config.credHelpers ?? {})])
    const auths: Record<string, ReturnType<typeof headed>> = {}
    for (const registry of [...registries].sort()) {
      const host = registry.replace(/^https?:\/\//, "").split("/")[0] ?? ""
      const header = yield* registryAuth(config, `${host}/any`)
      if (header !== undefined) auths[registry] = headed(header)
    }
    return JSON.stringify({ auths }, undefined, "\t")
  })
