/** Which language the reader wants. */
import type { Locale } from "@windflow/engine/model"

/** POSIX order: LC_ALL, LC_MESSAGES, LANG; the first that is set decides. */
export const localeOf = (env: Readonly<Record<string, string | undefined>>): Locale => {
  const value = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find((one) => one !== undefined && one !== "")
  return /^fr([_.@-]|$)/i.test(value ?? "") ? "fr" : "en"
}
