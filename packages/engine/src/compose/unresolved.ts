/** A project before its variables are replaced: `config --no-interpolate` and `config --variables`. */
import { Effect } from "effect"
import type { ComposeInvalid, FileUnreadable } from "../model/errors/union.ts"
import type { LoadCapability, LoadOptions } from "./Capability.ts"
import { Findings } from "./Findings.ts"
import { makeLoading } from "./find.ts"
import { join, settle } from "./load.ts"
import { toGoJson } from "./render/json.ts"
import type { Format } from "./render/render.ts"
import { toGoYaml } from "./render/yaml.ts"
import { plainValue } from "./resolve/decode.ts"
import { collectVariables } from "./resolve/interpolate.ts"
import { normalize } from "./resolve/normalize.ts"
import { compareText } from "./text/order.ts"
import type { Variable } from "./text/template.ts"
import { scalarAt } from "./tree/Node.ts"

/** The joined files as text, `${…}` untouched; services are not selected. */
export const renderUnresolved = (
  options: LoadOptions,
  capability: LoadCapability,
  format: Format,
): Effect.Effect<string, ComposeInvalid | FileUnreadable> =>
  Effect.gen(function* () {
    const findings = new Findings()
    const { tree, name, variables } = yield* join(
      options,
      makeLoading(options, capability, findings, { interpolate: false }),
    )
    normalize(tree, name, (variable) => variables.get(variable))
    tree.entries.set("name", scalarAt(name, tree.get("name")))
    const plain = plainValue(tree)
    return yield* settle(
      options,
      findings,
      format === "json" ? toGoJson(plain, undefined, true) : toGoYaml(plain, undefined),
    )
  })

/** Every variable the files ask for, by name. */
export const loadVariables = (
  options: LoadOptions,
  capability: LoadCapability,
): Effect.Effect<ReadonlyArray<Variable>, ComposeInvalid | FileUnreadable> =>
  Effect.gen(function* () {
    const findings = new Findings()
    const flags = { interpolate: false, validate: false }
    const { tree } = yield* join(options, makeLoading(options, capability, findings, flags))
    const found = [...collectVariables(tree).values()].toSorted((a, b) => compareText(a.name, b.name))
    return yield* settle(options, findings, found)
  })
