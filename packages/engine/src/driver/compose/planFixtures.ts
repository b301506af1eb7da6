/** For planner tests: desired and observed states made by hand, and plans as text. No part of the product. */
import { Result } from "effect"
import { expect } from "vitest"
import { networkHash, serviceHash, volumeHash } from "../../compose/render/hash.ts"
import type { Service } from "../../model/StackModel.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import { frenchPhrase } from "../../plan/phrases.ts"
import { renderOperations } from "../../plan/render.ts"
import { brokenRule } from "../../plan/seal.ts"
import { defaultUpOptions, type UpOptions } from "../Request.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { fieldDigests } from "./fields.ts"
import type { Observed, ObservedContainer } from "./Observed.ts"
import { planUp } from "./planUp.ts"
import { modelOf } from "./testBed.ts"

export type Loose = Partial<Service>

export const image = "sha256:image"

export const desiredOf = (
  services: Readonly<Record<string, Loose>>,
  options: Partial<UpOptions> = {},
  overrides: Readonly<Record<string, Partial<DesiredService>>> = {},
): DesiredUp => {
  const model = modelOf("demo", services)
  const volumes = new Set(
    Object.values(services).flatMap((service) => (service.volumes ?? []).map((mount) => mount.source ?? "")),
  )
  volumes.delete("")
  return {
    _tag: "Up",
    origin: "prepared",
    project: "demo",
    workingDirectory: "/w",
    files: ["/w/compose.yaml"],
    environmentFiles: [],
    services: Object.entries(model.services).map(([name, service]) => ({
      name,
      model: service,
      image: { reference: service.image ?? "img", id: image },
      scale: service.scale ?? 1,
      targeted: true,
      completes: Object.values(services).some(
        (other) => other.depends_on?.[name]?.condition === "service_completed_successfully",
      ),
      configHash: serviceHash(service),
      extra: "",
      secrets: [],
      contents: [],
      ...overrides[name],
    })),
    untouched: [],
    networks: Object.entries(model.networks ?? {}).map(([key, network]) => ({
      key,
      model: network,
      hash: networkHash(network),
    })),
    volumes: [...volumes].map((key) => ({
      key,
      model: { name: `demo_${key}` },
      hash: volumeHash({ name: `demo_${key}` }),
    })),
    configs: {},
    secretFiles: {},
    proxies: {},
    warnings: [],
    options: { ...defaultUpOptions, ...options },
  }
}

export const id = (letter: string) => letter.repeat(64)

/** A running container exactly as `desired` wants it. */
export const running = (
  desired: DesiredUp,
  service: string,
  over: Partial<ObservedContainer> = {},
): ObservedContainer => {
  const wanted = desired.services.find((candidate) => candidate.name === service)
  const number = over.number ?? 1
  return {
    id: id("a"),
    name: `demo-${service}-${number}`,
    service,
    number,
    state: "running",
    health: "none",
    exitCode: undefined,
    configHash: wanted?.configHash ?? "gone",
    imageName: wanted?.image.reference ?? "img",
    image,
    extra: "",
    fields: wanted === undefined ? {} : fieldDigests(wanted),
    oneOff: false,
    dependsOn: Object.entries(wanted?.model.depends_on ?? {}).map(([name, { condition, restart }]) => ({
      service: name,
      condition,
      restart: restart === true,
    })),
    networks: { demo_default: "net1" },
    addresses: {},
    mounts: [],
    hostPorts: [],
    ...over,
  }
}

export const seen = (
  desired: DesiredUp,
  containers: ReadonlyArray<ObservedContainer>,
  over: Partial<Observed> = {},
): Observed => ({
  containers,
  networks: desired.networks.map(({ key, model, hash }) => ({
    id: "net1",
    name: model.name,
    project: "demo",
    key,
    hash,
  })),
  volumes: desired.volumes.map(({ key, model, hash }) => ({ name: model.name, project: "demo", key, hash })),
  ...over,
})
export const nothing: Observed = { containers: [], networks: [], volumes: [] }

/** What people are told they are told in French, too. */
export const expectFrench = (draft: PlanDraft): void => {
  const told = [...draft.groups, ...draft.operations, ...(draft.compensations ?? [])].map(({ cause }) => cause)
  expect(told.filter((cause) => frenchPhrase(cause) === undefined)).toEqual([])
}

export const planned = (desired: DesiredUp, observed: Observed) => {
  const draft = Result.getOrThrow(planUp(desired, observed))
  expect(brokenRule(draft)).toBeUndefined()
  // What people are told they are told in French, too.
  const untold = draft.groups.flatMap(({ cause }) => (frenchPhrase(cause) === undefined ? [cause] : []))
  expect(untold).toEqual([])
  return draft
}
export const operations = (desired: DesiredUp, observed: Observed) =>
  `\n${renderOperations(planned(desired, observed))}\n`

export const web = { web: { image: "img", command: ["serve"] } }
export const edited = { web: { image: "img", command: ["serve", "-v"] } }
export const chain: Readonly<Record<string, Loose>> = {
  db: { image: "img" },
  migrate: { image: "img", depends_on: { db: { condition: "service_healthy", required: true } } },
  web: { image: "img", depends_on: { migrate: { condition: "service_completed_successfully", required: true } } },
}
