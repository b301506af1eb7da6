/** Plans `pre_start` hooks: before the first container of a service starts, and only when none of its containers runs on. Pure. */
import type { InputReference } from "../../plan/Operation.ts"
import type { Draft } from "./draft.ts"
import { type Handle, inputOf } from "./planned.ts"
import { isRunning } from "./planRemovals.ts"
import type { SharedIds } from "./sharing.ts"
import { interrupted, type ServiceSlots, type Slot } from "./slots.ts"

interface Shared {
  readonly shared: SharedIds
  readonly inputs: Readonly<Record<string, InputReference>>
  readonly created: ReadonlyArray<string>
}

const runsOn = (slot: Slot): boolean =>
  slot._tag === "Unpause" || ((slot._tag === "Keep" || slot._tag === "Finish") && isRunning(containerIn(slot)))

const containerIn = (slot: Extract<Slot, { readonly _tag: "Keep" | "Finish" }>) =>
  slot._tag === "Keep" ? slot.container : slot.next

const handleOf = (slot: Slot, resource: string): Handle => {
  switch (slot._tag) {
    case "Create":
    case "Replace":
      return { created: `${resource}/create` }
    case "Continue":
    case "Finish":
      return { id: slot.next.id }
    case "Start":
    case "Unpause":
    case "Keep":
      return { id: slot.container.id }
  }
}

const groupOf = (draft: Draft, slot: Slot, resource: string): { readonly group: string; readonly cause: string } => {
  const kind = slot._tag === "Create" ? "create" : slot._tag === "Start" ? "update" : "replace"
  const why = "why" in slot ? slot.why : { cause: "cause" in slot ? slot.cause : interrupted, fields: [] }
  return { group: draft.group(resource, kind, resource, why.cause, why.fields), cause: why.cause }
}

/** Operations that every start of the service has to wait for. */
export const planPreStart = (
  draft: Draft,
  { service, slots }: ServiceSlots,
  { shared, inputs, created }: Shared,
  gates: ReadonlyArray<string>,
  networks: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  // One that is done is not started.
  const first = slots.find(({ _tag }) => _tag !== "Keep")
  if (first === undefined || slots.some(runsOn)) return []
  const resource = `service:${service.name}:${first.number}`
  const { group, cause } = groupOf(draft, first, resource)
  const handle = handleOf(first, resource)
  const before = [...gates, ...networks, ...created, ...("created" in handle ? [handle.created] : [])]
  let previous: string | undefined
  for (const index of (service.model.pre_start ?? []).keys())
    previous = draft.add({
      id: `${resource}/pre-start-${index}`,
      group,
      resource,
      cause,
      needs: [...before, ...(previous === undefined ? [] : [previous])],
      action: {
        verb: "RunPreStart",
        args: {
          service: service.name,
          index,
          ...(Object.keys(shared).length === 0 ? {} : { shared }),
          ...("id" in handle ? { id: handle.id } : {}),
        },
      },
      inputs: { ...inputs, ...inputOf(handle).inputs },
    })
  return previous === undefined ? [] : [previous]
}
