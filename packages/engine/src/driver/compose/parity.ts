/** The support tables as rows: what is refused there is refused here. */
import type { ParityRow, ParityTable } from "../Parity.ts"
import * as tables from "./support.ts"

const rowOf = (path: string, support: tables.Support): ParityRow => {
  if (support === "native") return { path, level: "native" }
  return support === "ignored"
    ? { path, level: "degraded", remedy: "It has no effect on a single engine." }
    : { path, level: "refused", remedy: support.refused }
}

const rows = (prefix: string, table: Readonly<Record<string, tables.Support>>): ParityTable =>
  Object.entries(table).map(([key, support]) => rowOf(`${prefix}.${key}`, support))

export const parity: ParityTable = [
  ...rows("services.*", tables.serviceSupport),
  ...rows("services.*.build", tables.buildSupport),
  ...rows("services.*.deploy", tables.deploySupport),
  ...rows("services.*.deploy.rollback_config", tables.rollbackSupport),
  ...rows("services.*.networks.*", tables.attachmentSupport),
  ...rows("services.*.volumes.*", tables.mountSupport),
  ...rows("networks.*", tables.networkSupport),
  ...rows("volumes.*", tables.volumeSupport),
  ...rows("configs.*", tables.fileObjectSupport),
  ...rows("secrets.*", tables.fileObjectSupport),
  { path: "models", level: "refused", remedy: "Remove it; this driver cannot do it yet." },
]
