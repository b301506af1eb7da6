/** What types say of controllers: keys follow from the sources, and wrong ones do not compile. */
import { defineController, source } from "@windflow/sdk/operator"

const seconds = source.schedule("* * * * * *")

defineController({
  name: "keyed",
  for: source.docker("vps"),
  owns: [source.docker("vps", { type: "volume" })],
  watches: [
    { source: seconds, map: (tick) => [{ id: tick.at, name: "tick" }] },
    { source: source.docker("other"), map: ({ id, name }) => [{ id, name }] },
  ],
  reconcile: ({ id, name, project }) => {
    const all: readonly (string | undefined)[] = [id, name, project]
    if (all.length === 0) return { requeueAfter: "1s" }
  },
})

defineController({
  name: "wrong",
  for: seconds,
  // @ts-expect-error keys of another kind
  owns: [source.docker("vps")],
  // @ts-expect-error no such key
  reconcile: ({ id }) => void id,
})

defineController({
  name: "wrong map",
  for: seconds,
  // @ts-expect-error not this controller's keys
  watches: [{ source: source.docker("vps"), map: ({ id }) => [{ id }] }],
  reconcile: () => {},
})
