// The planner of `down` with images: which names it takes away, and when. Order and volumes stand in `plan.test.ts`.
import { expect, test } from "vitest"
import { planDown } from "./planDown.ts"
import { desiredOf, id, running, seen } from "./planFixtures.ts"

test("removes the images that were used, or only those of the project's own name, each once, after the containers", () => {
  const desired = desiredOf({
    web: { image: "demo-web" },
    db: { image: "postgres:16" },
    old: { image: "sha256:abc" },
  })
  const observed = seen(desired, [
    running(desired, "web", { id: id("a") }),
    running(desired, "web", { id: id("b"), number: 2 }),
    running(desired, "db", { id: id("c") }),
    running(desired, "old", { id: id("d"), imageName: id("e") }),
  ])
  const removed = (images: "local" | "all") => {
    const options = { volumes: false, removeOrphans: true, images }
    const { operations } = planDown({ _tag: "Down", project: "demo", options }, observed)
    const removals = operations.filter(({ verb }) => verb === "RemoveContainer")
    return operations
      .filter(({ verb, needs }) => verb === "RemoveImage" && needs.length === removals.length)
      .map(({ resource }) => resource)
  }
  expect(removed("all")).toEqual(["image:demo-web", "image:postgres:16"])
  expect(removed("local")).toEqual(["image:demo-web"])
})
