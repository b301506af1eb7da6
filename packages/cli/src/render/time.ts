/** Times as people read them: UTC unless they ask for their own zone. */

export type Zone = "utc" | "local"

/** `2026-11-22 22:15:07 UTC`, or the local time with its offset; text that is no time stays as it is. */
export const formatTime = (iso: string, zone: Zone): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  if (zone === "utc") return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`
  const offset = -time.getTimezoneOffset()
  const shifted = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, 19).replace("T", " ")
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const pad = (value: number) => String(value).padStart(2, "0")
  return `${shifted} ${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`
}

/** Seconds with one decimal: `4.2s`, from a minute on `1m04s`. */
export const formatElapsed = (milliseconds: number): string => {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  return `${Math.trunc(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`
}

/** Hours at which the next larger unit begins, and how many hours it has: Docker's steps. */
const steps: ReadonlyArray<readonly [unit: Intl.RelativeTimeFormatUnit, below: number, hours: number]> = [
  ["hour", 48, 1],
  ["day", 24 * 14, 24],
  ["week", 24 * 60, 24 * 7],
  ["month", 24 * 730, 24 * 30],
  ["year", Number.POSITIVE_INFINITY, 24 * 365],
]

/** `3 hours ago`: rounded as Docker rounds, in the reader's language. */
export const formatAge = (iso: string, now: number, locale: string): string => {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000)
  if (Number.isNaN(seconds)) return iso
  const ago = (amount: number, unit: Intl.RelativeTimeFormatUnit) =>
    new Intl.RelativeTimeFormat(locale).format(-Math.trunc(amount), unit)
  if (seconds < 60) return ago(seconds, "second")
  if (seconds < 3600) return ago(seconds / 60, "minute")
  const whole = Math.round(seconds / 3600)
  const [unit, , hours] = steps.find(([, below]) => whole < below) ?? (["year", 0, 24 * 365] as const)
  return ago(whole / hours, unit)
}
