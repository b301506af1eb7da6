/** What `local` means: the engine that Docker's own tools would use with the same environment. */
import type { Target, WindFlowError } from "@windflow/engine/model"
import { processSources, resolveEndpoint } from "@windflow/engine/transport"
import { Effect } from "effect"

const defaultUrl = "unix:///var/run/docker.sock"

/** Named `local` when it is this machine's default socket, else after its URL: two engines are two deployments. */
export const localTarget = (env: Readonly<Record<string, string>>): Effect.Effect<Target, WindFlowError> =>
  Effect.map(Effect.fromResult(resolveEndpoint(undefined, processSources(env))), ({ endpoint }) => ({
    name: endpoint.url === defaultUrl ? "local" : endpoint.url,
    type: "docker",
    driver: "compose",
    endpoints: [endpoint.url],
  }))
