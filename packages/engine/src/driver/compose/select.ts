/** Which services a request is about, and in which order: dependencies before what depends on them. Pure. */
import { Result } from "effect"
import { Usage } from "../../model/errors/union.ts"
import type { StackModel } from "../../model/StackModel.ts"
import type { UpOptions } from "../Request.ts"

export interface Selection {
  /** In dependency order. */
  readonly services: ReadonlyArray<string>
  readonly targeted: ReadonlySet<string>
}

const dependenciesOf = (model: StackModel, name: string) => Object.keys(model.services[name]?.depends_on ?? {}).sort()

export const selectServices = (
  model: StackModel,
  options: Pick<UpOptions, "services" | "noDeps"> & { readonly scale?: UpOptions["scale"] },
): Result.Result<Selection, Usage> => {
  const wanted = options.services ?? Object.keys(model.services)
  const unknown = [...wanted, ...Object.keys(options.scale ?? {})].find((name) => model.services[name] === undefined)
  if (unknown !== undefined)
    return Result.fail(
      new Usage({
        subject: `service ${unknown}`,
        detail: "it is not in the stack",
        expected: Object.keys(model.services).sort().join(", "),
      }),
    )
  const ordered: Array<string> = []
  const seen = new Set<string>()
  // An explicit stack: a chain of a thousand dependencies must not overflow the call stack. The loader has refused cycles.
  for (const root of [...wanted].sort()) {
    const pending: Array<{ readonly name: string; readonly expanded: boolean }> = [{ name: root, expanded: false }]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next.expanded) {
        ordered.push(next.name)
        continue
      }
      if (seen.has(next.name)) continue
      seen.add(next.name)
      pending.push({ name: next.name, expanded: true })
      for (const dependency of dependenciesOf(model, next.name).toReversed())
        if (
          !seen.has(dependency) &&
          model.services[dependency] !== undefined &&
          (!options.noDeps || wanted.includes(dependency))
        )
          pending.push({ name: dependency, expanded: false })
    }
  }
  return Result.succeed({ services: ordered, targeted: new Set(wanted) })
}
