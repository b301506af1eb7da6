/** Plans hooks: one operation each, in the order of the file, around the start or stop that they belong to. Pure. */
import type { DesiredService } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import { type ContainerHooks, type HookKind, hooksOf } from "./hooks.ts"
import type { ObservedContainer } from "./Observed.ts"
import { type Handle, inputOf } from "./planned.ts"

interface Around {
  readonly service: string
  readonly resource: string
  readonly name: string
  readonly handle: Handle
  readonly group: string
  readonly cause: string
}

const planHooks = (
  draft: Draft,
  kind: HookKind,
  hooks: ContainerHooks | undefined,
  around: Around,
  prefix: string,
  needs: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const { service, resource, name, handle, group, cause } = around
  const created = "created" in handle ? [handle.created] : []
  let previous: string | undefined
  for (const index of (hooks?.[kind] ?? []).keys())
    previous = draft.add({
      id: `${prefix}/${kind.replace("_", "-")}-${index}`,
      group,
      resource,
      cause,
      needs: [...(previous === undefined ? needs : [previous]), ...created],
      action: {
        verb: "RunHook",
        args: { service, name, hook: kind, index, ...("id" in handle ? { id: handle.id } : {}) },
      },
      ...inputOf(handle),
    })
  return previous === undefined ? needs : [previous]
}

/**
 * After a start; returns the operation after which the container counts as started.
 * @param prefix - What the ids of the operations begin with.
 */
export const planPostStart = (
  draft: Draft,
  hooks: ContainerHooks | undefined,
  around: Around,
  prefix: string,
  start: string,
): string => planHooks(draft, "post_start", hooks, around, prefix, [start])[0] ?? start

/**
 * Before a stop, in a container that runs; returns what the stop has to wait for.
 * @param service - What the file says of it: for a container that Compose made, which carries no hooks of its own.
 */
export const planPreStop = (
  draft: Draft,
  container: ObservedContainer,
  about: Pick<Around, "group" | "resource" | "cause">,
  needs: ReadonlyArray<string>,
  service?: DesiredService,
): ReadonlyArray<string> => {
  if (container.state !== "running") return needs
  const foreign = container.fields === undefined && service !== undefined
  const around = { ...about, service: container.service, name: container.name, handle: { id: container.id } }
  const hooks = container.hooks ?? (foreign ? hooksOf(service.model) : undefined)
  return planHooks(draft, "pre_stop", hooks, around, `container:${container.id.slice(0, 12)}`, needs)
}
