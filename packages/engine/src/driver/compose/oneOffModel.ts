/** A service's model as `run` changes it, and the body of its one-off container, as Compose 5.5.0 makes them. Pure. */
import type { Schema } from "effect"
import { Usage } from "../../model/errors/union.ts"
import type { Mount, Port, Service } from "../../model/StackModel.ts"
import { MountProblem, parseMount } from "../../compose/text/mount.ts"
import { parsePort, PortProblem } from "../../compose/text/port.ts"
import type { OneOffOptions } from "../OneOff.ts"
import { createBody, type Replica } from "./createBody.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { labels } from "./names.ts"

type JsonObject = { readonly [key: string]: Schema.Json }

export const oneOffName = (project: string, service: string, slug: string): string =>
  `${project}-${service}-run-${slug.slice(0, 12)}`

/** Throws `Usage` for a text that is no port. */
const portsOf = (texts: ReadonlyArray<string>): ReadonlyArray<typeof Port.Type> =>
  texts.flatMap((text) => {
    try {
      return parsePort(text).map(({ hostIp, target, published, protocol }) => ({
        mode: "ingress",
        ...(hostIp === "" ? {} : { host_ip: hostIp }),
        target,
        ...(published === "" ? {} : { published }),
        protocol,
      }))
    } catch (problem) {
      if (!(problem instanceof PortProblem)) throw problem
      throw new Usage({ subject: text, detail: problem.message, expected: "[[IP:]HOST:]CONTAINER[/PROTOCOL]" })
    }
  })

/** Throws `Usage` for a text that is no mount; relative paths start at the project's directory. */
const mountsOf = (texts: ReadonlyArray<string>, absolute: (path: string) => string): ReadonlyArray<typeof Mount.Type> =>
  texts.map((text) => {
    try {
      const { type, source, target, readOnly, noCopy, propagation, selinux } = parseMount(text)
      const common = { target, ...(readOnly ? { read_only: true } : {}) }
      if (type === "volume")
        return { type, ...(source === "" ? {} : { source }), ...common, volume: noCopy ? { nocopy: true } : {} }
      return {
        type,
        source: absolute(source),
        ...common,
        bind: {
          ...(propagation === undefined ? {} : { propagation }),
          ...(selinux === undefined ? {} : { selinux }),
        },
      }
    } catch (problem) {
      if (!(problem instanceof MountProblem)) throw problem
      throw new Usage({ subject: text, detail: problem.message, expected: "[SOURCE:]TARGET[:MODE]" })
    }
  })

const without = (all: ReadonlyArray<string>, removed: ReadonlyArray<string>) =>
  all.filter((one) => !removed.includes(one))

const capabilities = (service: Service, add: ReadonlyArray<string> = [], drop: ReadonlyArray<string> = []) => ({
  ...(add.length > 0 || service.cap_add !== undefined
    ? { cap_add: without([...(service.cap_add ?? []), ...add], drop) }
    : {}),
  ...(drop.length > 0 || service.cap_drop !== undefined
    ? { cap_drop: [...without(service.cap_drop ?? [], add), ...drop] }
    : {}),
})

/** It runs once, whatever becomes of it. */
const withoutPolicy = ({ restart_policy: _policy, ...deploy }: NonNullable<Service["deploy"]>) => deploy

export const oneOffModel = (
  service: Service,
  name: string,
  options: OneOffOptions,
  absolute: (path: string) => string,
): Service => {
  // What is false or empty is left out: the hash of the configuration is one of what is written.
  const {
    restart: _restart,
    tty: _tty,
    stdin_open: _stdin,
    scale: _scale,
    ports,
    deploy,
    depends_on,
    ...kept
  } = service
  const published = options.servicePorts === true ? (ports ?? []) : portsOf(options.ports ?? [])
  const volumes = mountsOf(options.volumes ?? [], absolute)
  return {
    ...kept,
    ...(deploy === undefined ? {} : { deploy: withoutPolicy(deploy) }),
    ...(depends_on === undefined || options.noDeps === true ? {} : { depends_on }),
    container_name: name,
    ...(published.length === 0 ? {} : { ports: published }),
    ...(options.tty === undefined ? {} : { tty: true }),
    ...(options.interactive === false ? {} : { stdin_open: true }),
    ...(options.argv !== undefined
      ? { command: options.argv }
      : options.entrypoint !== undefined
        ? { command: [] }
        : {}),
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.workingDirectory === undefined ? {} : { working_dir: options.workingDirectory }),
    ...(options.variables === undefined ? {} : { environment: { ...service.environment, ...options.variables } }),
    ...(options.labels === undefined ? {} : { labels: { ...service.labels, ...options.labels } }),
    ...(volumes.length === 0 ? {} : { volumes: [...(service.volumes ?? []), ...volumes] }),
    ...capabilities(service, options.capAdd, options.capDrop),
  }
}

/** The object under a key; empty where there is none. */
const objectAt = (body: JsonObject, key: string): JsonObject => {
  const value = body[key]
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}

/** Only its own name: who asks for the service is answered by the deployment. */
const ownName = (networking: JsonObject, name: string): JsonObject => {
  const endpoints = objectAt(networking, "EndpointsConfig")
  return {
    EndpointsConfig: Object.fromEntries(
      Object.keys(endpoints).map((network) => [network, { ...objectAt(endpoints, network), Aliases: [name] }]),
    ),
  }
}

export const oneOffBody = (
  desired: DesiredUp,
  service: DesiredService,
  name: string,
  slug: string,
  replica: Pick<Replica, "image" | "secrets">,
  options: OneOffOptions,
): JsonObject => {
  const body = createBody(desired, service, { ...replica, number: 1, replaces: false, inherited: [] })
  const { [labels.number]: _number, ...own } = objectAt(body, "Labels")
  const stdin = options.interactive !== false
  const networking = objectAt(body, "NetworkingConfig")
  return {
    ...body,
    Labels: { ...own, [labels.oneoff]: "True", [labels.slug]: slug },
    AttachStdin: stdin,
    StdinOnce: stdin,
    HostConfig: {
      ...objectAt(body, "HostConfig"),
      AutoRemove: options.remove === true,
      // Its first look at the terminal sees the size already.
      ...(options.tty === undefined ? {} : { ConsoleSize: [options.tty.rows, options.tty.columns] }),
    },
    ...(options.useAliases === true || Object.keys(networking).length === 0
      ? {}
      : { NetworkingConfig: ownName(networking, name) }),
  }
}
