/** Stacks for tests, made from the little that matters there. */
import type { Stack } from "../model/Stack.ts"
import type { Service } from "../model/StackModel.ts"
import { defaultUpOptions, type Request, type UpOptions } from "../driver/Request.ts"

export interface FakeServiceInput {
  readonly image?: string
  readonly replicas?: number
  readonly healthcheck?: boolean
  /** service → gate; default gate: started. */
  readonly after?: Readonly<Record<string, "service_started" | "service_healthy" | "service_completed_successfully">>
}

const serviceOf = (name: string, input: FakeServiceInput): Service => ({
  command: null,
  entrypoint: null,
  image: input.image ?? `${name}:1`,
  ...(input.replicas === undefined ? {} : { scale: input.replicas }),
  ...(input.healthcheck === true ? { healthcheck: { test: ["CMD", "true"] } } : {}),
  ...(input.after === undefined
    ? {}
    : {
        depends_on: Object.fromEntries(
          Object.entries(input.after).map(([service, condition]) => [service, { condition, required: true }]),
        ),
      }),
})

export const fakeStack = (
  name: string,
  services: Readonly<Record<string, FakeServiceInput>>,
  volumes: ReadonlyArray<string> = [],
): Stack => ({
  name,
  model: {
    name,
    services: Object.fromEntries(Object.entries(services).map(([key, input]) => [key, serviceOf(key, input)])),
    networks: { default: { name: `${name}_default`, ipam: {} } },
    volumes: Object.fromEntries(volumes.map((volume) => [volume, { name: `${name}_${volume}` }])),
  },
  disabled: [],
  secretReferences: {},
  origin: { workingDirectory: "/", files: [], environmentFiles: [], locate: () => undefined },
})

export const up = (stack: Stack, options: Partial<UpOptions> = {}): Request => ({
  _tag: "Up",
  stack,
  options: { ...defaultUpOptions, ...options },
})
