/**
 * The SDK's `importModule` in a snapshot, whose own code has no `import()`: a file that Node loads in the usual way lends its.
 * Takes the place of the SDK's in the bundle of the snapshot.
 */

// Known while the snapshot is built: an index of another installation does not lead to this snapshot.
const lender = process.env["WINDFLOW_IMPORT"] ?? ""

export const importModule = async (url: string): Promise<{ readonly default?: unknown }> => {
  const load: unknown = process.getBuiltinModule("node:module").createRequire(lender)(lender)
  if (typeof load !== "function") throw new TypeError(`${lender} does not import modules`)
  // The file is ours and two lines long; Node's `import()` gives any module's exports.
  return (await load(url)) as { readonly default?: unknown }
}
