/** The table of `accept.ts` as rows: every key of the model that it does not name is refused. */
import { Service } from "../../model/StackModel.ts"
import type { ParityRow, ParityTable } from "../Parity.ts"
import { handled } from "./accept.ts"

const elsewhere = "Remove it, or deploy with the compose driver."

const serviceRow = (key: string): ParityRow => {
  const path = `services.*.${key}`
  const how = handled[key]
  if (how === undefined) return { path, level: "refused", remedy: elsewhere }
  return typeof how === "string" ? { path, level: how } : { path, level: "degraded", remedy: how.degraded }
}

export const parity: ParityTable = [
  ...Object.keys(Service.schema.fields).map(serviceRow),
  { path: "networks", level: "degraded", remedy: "Use the default network: all Pods share one." },
  { path: "configs", level: "degraded", remedy: "Use configs with `content`." },
  ...["volumes", "secrets", "models"].map((path): ParityRow => ({ path, level: "refused", remedy: elsewhere })),
]
