/** Networks that have another name in the file now: what is left of them goes once nothing of this run is attached. Pure. */
import type { DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import type { Observed } from "./Observed.ts"
import { removalOf } from "./planRemovals.ts"

/** Called when the containers of the run are planned: those that leave are known then. */
export const planRenamedNetworks = (desired: DesiredUp, observed: Observed, draft: Draft): void => {
  const wanted = new Set(desired.networks.map(({ model }) => model.name))
  const managed = new Set(desired.networks.flatMap(({ key, model }) => (model.external === true ? [] : [key])))
  const cause = "renamed"
  for (const { id, name, key, project } of observed.networks) {
    if (project !== desired.project || !managed.has(key) || wanted.has(name)) continue
    const attached = observed.containers.filter((container) => container.networks[name] === id)
    const staying = attached.filter((container) => !draft.has(removalOf(container.id)))
    if (staying.length > 0) {
      const names = staying.map((container) => container.name).join(", ")
      draft.warn(`Network ${name} has another name now. It is kept, because this run leaves ${names} as it is.`)
      continue
    }
    const resource = `network:${key}`
    draft.add({
      id: `${resource}/remove-${id.slice(0, 12)}`,
      group: draft.group(`delete:${name}`, "delete", resource, cause),
      resource,
      cause,
      needs: attached.map((container) => removalOf(container.id)),
      // Somebody else's container may be attached: then it stays, the project does not need it any more.
      action: { verb: "RemoveNetwork", args: { id, name, optional: true } },
    })
  }
}
