import { expect, test } from "vitest"
import { desiredOf, type Loose, planned, running, seen } from "./planFixtures.ts"
import { tellValues } from "./toldValues.ts"

const web: Loose = {
  image: "shop/web:1",
  command: ["serve", "--fast"],
  environment: { TOKEN: "canary-old", LEVEL: "1" },
  labels: { tier: "a", gone: "yes" },
  logging: { driver: "splunk", options: { "splunk-token": "canary-log" } },
  hostname: "one",
}
const edited: Loose = {
  ...web,
  image: "shop/web:2",
  command: ["serve", "--slow", "x".repeat(200)],
  environment: { TOKEN: "canary-new", LEVEL: "2" },
  labels: { tier: "b", added: "line\nbreak" },
  logging: { driver: "splunk", options: { "splunk-token": "canary-more" } },
}

const before = desiredOf({ web })
const after = desiredOf({ web: edited })
const observed = seen(after, [running(before, "web")])
const draft = planned(after, observed)
const fieldsOf = (earlier: Parameters<typeof tellValues>[3]) =>
  Object.fromEntries(
    (tellValues(draft, after, observed, earlier).groups[0]?.fields ?? []).map(({ path, ...change }) => [path, change]),
  )

test("tells old and new values from the stored revision of the container's configuration, masked where they may be secret", () => {
  const unrelated = desiredOf({ web: { image: "shop/web:0" } })
  const fields = fieldsOf([
    unrelated,
    { _tag: "Down", project: "demo", options: { volumes: false, removeOrphans: false } },
    before,
  ])
  const masked = { before: "(old value)", after: "(new value)" }
  expect(fields).toEqual({
    image: { before: "shop/web:1", after: "shop/web:2" },
    command: { before: '["serve","--fast"]', after: `${`["serve","--slow","${"x".repeat(200)}"]`.slice(0, 100)}…` },
    "labels.tier": { before: "a", after: "b" },
    "labels.gone": { before: "yes" },
    "labels.added": { after: '"line\\nbreak"' },
    "environment.TOKEN": masked,
    "environment.LEVEL": masked,
    logging: masked,
  })
  expect(JSON.stringify(tellValues(draft, after, observed, [before]))).not.toContain("canary")
})

test("only names fields when no stored revision has what the container has", () => {
  expect(tellValues(draft, after, observed, [])).toEqual(draft)
  expect(tellValues(draft, after, observed, [after, desiredOf({ web: { image: "shop/web:0" } })])).toEqual(draft)
})
