/** A resolved model as text: what `docker compose config` prints for it. */
import type { StackModel } from "../../model/StackModel.ts"
import { project } from "../shape/model.ts"
import { struct } from "../shape/Type.ts"
import { toGoJson } from "./json.ts"
import { toGoYaml } from "./yaml.ts"

export type Format = "json" | "yaml"

// The reference's JSON leaves the models out; its YAML has them.
const jsonProject = struct(
  Object.fromEntries(project.fields.filter(({ name }) => name !== "models").map(({ name, ...field }) => [name, field])),
)

/** Dollars are doubled, so that the text loads as the same model again. */
export const render = (model: StackModel, format: Format): string =>
  (format === "json" ? toGoJson(model, jsonProject, true, true) : toGoYaml(model, project)).replaceAll("$", "$$$$")
