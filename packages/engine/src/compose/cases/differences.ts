/** Where ours answers differently on purpose, by `section/case`, and why. The tests check that each still differs. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "service/pid: null": "the specification allows it; the reference crashes",
}
