/** Plans what is put into a container before each start: a stopped one may have lost it, so it is put there again. Pure. */
import type { DesiredService, DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import { type Handle, inputOf } from "./planned.ts"
import { uploadsOf } from "./uploads.ts"

export interface Starting {
  readonly service: DesiredService
  readonly resource: string
  readonly name: string
  readonly handle: Handle
  readonly group: string
  readonly cause: string
}

/** Operations that the start has to wait for. */
export const planUploads = (desired: DesiredUp, draft: Draft, starting: Starting): ReadonlyArray<string> => {
  const { service, resource, name, handle, group, cause } = starting
  return [false, true]
    .filter((owned) => uploadsOf(desired, service, owned).length > 0)
    .map((owned) =>
      draft.add({
        id: `${resource}/${owned ? "upload-owned" : "upload"}`,
        group,
        resource,
        cause,
        needs: "created" in handle ? [handle.created] : [],
        action: {
          verb: "UploadFiles",
          args: { service: service.name, name, owned, ...("id" in handle ? { id: handle.id } : {}) },
        },
        ...inputOf(handle),
      }),
    )
}
