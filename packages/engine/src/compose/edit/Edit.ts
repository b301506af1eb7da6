/** What can be changed in a Compose file without rewriting it. */
import type { ModelPath } from "../../model/Stack.ts"

export type Edit =
  | { readonly do: "addService"; readonly name: string; readonly service: Readonly<Record<string, unknown>> }
  | { readonly do: "removeService"; readonly name: string }
  /** A service, and everything in the file that refers to it. */
  | { readonly do: "renameService"; readonly from: string; readonly to: string }
  /** Mappings on the way are made; the last step of a list may be its length, to append. */
  | { readonly do: "set"; readonly path: ModelPath; readonly value: unknown }
  | { readonly do: "remove"; readonly path: ModelPath }
  /** `service` depends on `on`; an existing dependency gets the condition. */
  | {
      readonly do: "connect"
      readonly service: string
      readonly on: string
      readonly condition?: "service_started" | "service_healthy" | "service_completed_successfully"
    }
  | { readonly do: "disconnect"; readonly service: string; readonly on: string }

/** Why an edit cannot be made; the text is then as it was. */
export class EditRefused extends Error {
  readonly edit: Edit | undefined
  constructor(message: string, edit?: Edit) {
    super(message)
    this.edit = edit
  }
}
