/**
 * The command twice: as few minified modules, split by verb, so that what a verb does not need is not read; and as one file, of
 * which `node --build-snapshot` makes a snapshot of the loaded program (docs/designs/cli.md).
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import type { BuildOptions, ConfigExport, OutputOptions, Plugin } from "rolldown"

/**
 * Node's own modules as plain objects: an `import` of one reads every export, and those of `node:http` hold getters that load a
 * whole WebSocket and fetch client (about 40 ms).
 */
const builtins = (code: (name: string) => string): Plugin => ({
  name: "builtins",
  resolveId: (source) => (source.startsWith("node:") && source !== "node:module" ? `\0builtin:${source}` : null),
  load: (id) => (id.startsWith("\0builtin:") ? code(id.slice("\0builtin:".length)) : null),
})

const plainBuiltins = builtins((name) => `module.exports = process.getBuiltinModule("${name}")`)

/** Asked for at each use: what is native in a module of Node cannot be in a snapshot. */
const lateBuiltins = builtins((name) => {
  const keys = Object.keys(createRequire(import.meta.url)(name) as object)
  return `for (const key of ${JSON.stringify(keys)})
    Object.defineProperty(exports, key, { enumerable: true, get: () => process.getBuiltinModule("${name}")[key] })`
})

/** A text within Latin-1 takes half the place in a snapshot, which is read whole at each start. */
const latin: Plugin = {
  name: "latin",
  generateBundle: (_, files) => {
    for (const file of Object.values(files))
      if (file.type === "chunk")
        file.code = file.code.replaceAll(
          /[^\0-\xff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        )
  },
}

/** A snapshot imports modules of users in its own way. */
const ownImport: Plugin = {
  name: "own-import",
  resolveId: (source, importer) =>
    source === "./importModule.ts" && importer?.includes("/sdk/src/") === true
      ? join(import.meta.dirname, "src/start/importModule.ts")
      : null,
}

export const output: OutputOptions = {
  dir: "dist/bundle",
  format: "esm",
  minify: true,
  // What every deploying verb needs lies in few files, as each costs about a millisecond to find and open; secrets, builds and
  // SSH, which most runs do without, stay apart.
  codeSplitting: {
    groups: [
      { name: "node", test: /^\0builtin:/ },
      { name: "effect", test: /node_modules.effect/ },
      // `windflow config` needs no more than this.
      { name: "compose", test: /packages.(engine.src.(compose|model)|engine.src.plan.digest|sdk.src.config)/ },
      { name: "engine", test: /packages.(engine|sdk).src.(?!secret|.*[bB]uild|transport.ssh)/ },
    ],
  },
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  cleanDir: true,
}

/** For tests too, which bundle another entry beside it. */
export const options: BuildOptions = {
  input: { windflow: "src/windflow.ts", prepare: "src/start/prepare.ts" },
  platform: "node",
  resolve: { conditionNames: ["@windflow/source", "node", "import", "default"] },
  plugins: [plainBuiltins],
  // ssh2 tries these native modules and does without.
  external: ["node:module", "cpu-features", /\.node$/],
}

export const snapshot: BuildOptions & { readonly output: OutputOptions } = {
  ...options,
  input: { windflow: "src/start/snapshot.ts" },
  plugins: [lateBuiltins, ownImport, latin],
  output: {
    dir: "dist/snapshot",
    format: "cjs",
    minify: true,
    codeSplitting: false,
    // No .cjs: publint takes an import in one of its texts for code.
    entryFileNames: "[name].script",
    cleanDir: true,
  },
}

export default [{ ...options, output }, snapshot] satisfies ConfigExport
