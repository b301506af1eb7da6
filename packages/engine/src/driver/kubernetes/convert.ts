/**
 * From services to objects, pure: a service is a Deployment and a Service, its environment and the top-level configs are
 * ConfigMaps. Objects are named after the service, because that name is what other services look up.
 */
import type { Service, Stack } from "../../model/index.ts"
import { digestJson } from "../../plan/index.ts"
import type { UpOptions } from "../Request.ts"
import { parseSeconds } from "./duration.ts"
import { annotations, apiVersionOf, labels, managerName, objectName } from "./objects.ts"
import { type DesiredObject, keyOf, type Manifest } from "./state.ts"

/** The file in a config's ConfigMap. */
const contentKey = "content"

const labelsOf = (project: string, service?: string): Record<string, string> => ({
  ...(service === undefined ? {} : { [labels.service]: service }),
  [labels.project]: project,
  [labels.manager]: managerName,
})

const object = (
  kind: DesiredObject["kind"],
  name: string,
  project: string,
  service: string | undefined,
  rest: Manifest,
  notes: Record<string, string> = {},
): DesiredObject => ({
  kind,
  name,
  ...(service === undefined ? {} : { service }),
  after: [],
  manifest: {
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: {
      name,
      labels: labelsOf(project, service),
      ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }),
    },
    ...rest,
  },
})

export const configObject = (stack: Stack, config: string): DesiredObject =>
  object("ConfigMap", objectName(`config.${stack.name}.${config}`), stack.name, undefined, {
    data: { [contentKey]: stack.model.configs?.[config]?.content ?? "" },
  })

/** `KEY: null` is a variable the deployer's environment did not have: it stays unset. */
const environmentObject = (project: string, name: string, service: Service): DesiredObject | undefined => {
  const data = Object.fromEntries(
    Object.entries(service.environment ?? {}).flatMap(([key, value]) =>
      value === null ? [] : [[key, value] as const],
    ),
  )
  return Object.keys(data).length === 0 ? undefined : object("ConfigMap", `${name}.env`, project, name, { data })
}

/** Ports that other services reach, by number and protocol; a published one also has a node port. */
const portsOf = (service: Service) => {
  const found = new Map<string, { port: number; protocol: string; nodePort?: number }>()
  for (const text of service.expose ?? []) {
    const [port, protocol = "tcp"] = text.split("/")
    found.set(`${port}-${protocol}`, { port: Number(port), protocol: protocol.toUpperCase() })
  }
  for (const { target, published, protocol = "tcp" } of service.ports ?? [])
    found.set(`${target}-${protocol}`, {
      port: target,
      protocol: protocol.toUpperCase(),
      ...(published === undefined ? {} : { nodePort: Number(published) }),
    })
  return [...found].map(([name, port]) => ({ name: `p-${name}`, ...port }))
}

/** Without ports it is headless: the name still resolves to the Pods, as Compose services expect of each other. */
const serviceObject = (project: string, name: string, service: Service): DesiredObject => {
  const ports = portsOf(service)
  const selector = { [labels.service]: name, [labels.project]: project }
  return object("Service", name, project, name, {
    spec:
      ports.length === 0
        ? { type: "ClusterIP", clusterIP: "None", selector }
        : {
            type: ports.some((port) => port.nodePort !== undefined) ? "NodePort" : "ClusterIP",
            selector,
            ports: ports.map((port) => ({ ...port, targetPort: port.port })),
          },
  })
}

/** Kubernetes expands `$(NAME)` in commands; Compose has interpolated already, so a dollar stays a dollar. */
const literal = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.map((word) => word.replaceAll("$", "$$$$"))

const readiness = (service: Service): Manifest => {
  const check = service.healthcheck
  const [head, ...rest] = check?.test ?? []
  if (check === undefined || check.disable === true || head === undefined || head === "NONE") return {}
  const seconds = (text: string | undefined, otherwise: number) =>
    Math.max(1, text === undefined ? otherwise : (parseSeconds(text) ?? otherwise))
  return {
    readinessProbe: {
      exec: { command: head === "CMD-SHELL" ? ["/bin/sh", "-c", ...rest] : head === "CMD" ? rest : [head, ...rest] },
      periodSeconds: seconds(check.interval, 30),
      timeoutSeconds: seconds(check.timeout, 30),
      failureThreshold: check.retries ?? 3,
    },
  }
}

const pullPolicy: Readonly<Record<string, string>> = {
  always: "Always",
  missing: "IfNotPresent",
  if_not_present: "IfNotPresent",
  never: "Never",
}

const pullPolicyOf = (service: Service): Manifest => {
  const policy = pullPolicy[service.pull_policy ?? ""]
  return policy === undefined ? {} : { imagePullPolicy: policy }
}

const deploymentObject = (
  project: string,
  name: string,
  service: Service,
  options: UpOptions,
  mounted: ReadonlyArray<{ readonly config: DesiredObject; readonly target: string }>,
  environment: DesiredObject | undefined,
): DesiredObject => {
  const replicas = options.scale[name] ?? service.scale ?? service.deploy?.replicas
  const read = [...mounted.map((mount) => mount.config), ...(environment === undefined ? [] : [environment])]
  const grace = service.stop_grace_period === undefined ? undefined : parseSeconds(service.stop_grace_period)
  const dependsOn = Object.keys(service.depends_on ?? {}).sort()
  return {
    ...object(
      "Deployment",
      name,
      project,
      name,
      {
        spec: {
          // Unset when nobody says: then an autoscaler may own it.
          ...(replicas === undefined ? {} : { replicas }),
          selector: { matchLabels: { [labels.service]: name, [labels.project]: project } },
          template: {
            metadata: {
              labels: labelsOf(project, name),
              ...(read.length === 0
                ? {}
                : {
                    annotations: { [annotations.configuration]: digestJson(read.map((o) => o.manifest)).slice(0, 16) },
                  }),
            },
            spec: {
              enableServiceLinks: false,
              ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
              containers: [
                {
                  name,
                  image: options.pinnedImages[name] ?? service.image ?? "",
                  ...pullPolicyOf(service),
                  ...(service.entrypoint === null ? {} : { command: literal(service.entrypoint) }),
                  ...(service.command === null ? {} : { args: literal(service.command) }),
                  ...(service.working_dir === undefined ? {} : { workingDir: service.working_dir }),
                  ...(environment === undefined ? {} : { envFrom: [{ configMapRef: { name: environment.name } }] }),
                  ...readiness(service),
                  ...(mounted.length === 0
                    ? {}
                    : {
                        volumeMounts: mounted.map(({ target }, index) => ({
                          name: `config-${index}`,
                          mountPath: target,
                          subPath: contentKey,
                          readOnly: true,
                        })),
                      }),
                },
              ],
              ...(mounted.length === 0
                ? {}
                : {
                    volumes: mounted.map(({ config }, index) => ({
                      name: `config-${index}`,
                      configMap: { name: config.name },
                    })),
                  }),
            },
          },
        },
      },
      dependsOn.length === 0 ? {} : { [annotations.dependsOn]: dependsOn.join(",") },
    ),
    after: read.map(keyOf),
  }
}

/** The objects of one service; configs come from `configObject`. */
export const serviceObjects = (stack: Stack, name: string, options: UpOptions): ReadonlyArray<DesiredObject> => {
  const service = stack.model.services[name]
  if (service === undefined) return []
  const mounted = (service.configs ?? []).map(({ source = "", target }) => ({
    config: configObject(stack, source),
    target: target ?? `/${source}`,
  }))
  const environment = environmentObject(stack.name, name, service)
  return [
    ...(environment === undefined ? [] : [environment]),
    serviceObject(stack.name, name, service),
    deploymentObject(stack.name, name, service, options, mounted, environment),
  ]
}
