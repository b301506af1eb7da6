// Ages as `ps` and `images` tell them: Docker's steps and rounding.
import { expect, it } from "vitest"
import { formatAge } from "./time.ts"

const now = Date.UTC(2030, 0, 1)
const hour = 3600

it.each([
  [0.4, "0 seconds ago"],
  [59, "59 seconds ago"],
  [60, "1 minute ago"],
  [59 * 60 + 59, "59 minutes ago"],
  [hour, "1 hour ago"],
  [3.6 * hour, "4 hours ago"],
  [47 * hour, "47 hours ago"],
  [48 * hour, "2 days ago"],
  [13 * 24 * hour, "13 days ago"],
  [14 * 24 * hour, "2 weeks ago"],
  [60 * 24 * hour, "2 months ago"],
  [800 * 24 * hour, "2 years ago"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatAge(new Date(now - seconds * 1000).toISOString(), now, "en")).toBe(text)
})

it("speaks French, and leaves alone what is no time", () => {
  expect(formatAge(new Date(now - 7200_000).toISOString(), now, "fr")).toBe("il y a 2 heures")
  expect(formatAge("soon", now, "en")).toBe("soon")
})
