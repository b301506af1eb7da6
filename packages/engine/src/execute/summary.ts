/** What a run did, in a few words: `3 created, 1 replaced`. */
import type { GroupKind, OperationGroup } from "../plan/Plan.ts"

const kinds: Record<Exclude<GroupKind, "wait" | "none">, string> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "removed",
  run: "run",
}

export const nothingChanged = "nothing changed"

/** What an update is where the run was about nothing else. */
const updates: Readonly<Record<string, string>> = {
  stop: "stopped",
  start: "started",
  restart: "restarted",
  kill: "signalled",
}

/** Counts groups by kind; a group is done when each of its operations is. */
export const summarise = (
  groups: ReadonlyArray<OperationGroup>,
  succeeded: ReadonlySet<string>,
  intent: string,
): string => {
  const words = { ...kinds, update: updates[intent] ?? kinds.update }
  const counts = new Map<string, number>()
  for (const group of groups) {
    if (group.kind === "wait" || group.kind === "none") continue
    const word = group.operations.every((id) => succeeded.has(id)) ? words[group.kind] : "not done"
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const parts = [...Object.values(words), "not done"].flatMap((word) =>
    counts.has(word) ? [`${counts.get(word)} ${word}`] : [],
  )
  return parts.length === 0 ? nothingChanged : parts.join(", ")
}
