/** The command as few minified files, split by verb: what a verb does not need is not read. */
import type { BuildOptions, OutputOptions, Plugin } from "rolldown"

/**
 * Node's own modules as plain objects: an `import` of one reads every export, and those of `node:http` hold getters that load a
 * whole WebSocket and fetch client (about 40 ms).
 */
const plainBuiltins: Plugin = {
  name: "plain-builtins",
  resolveId: (source) => (source.startsWith("node:") && source !== "node:module" ? `\0builtin:${source}` : null),
  load: (id) =>
    id.startsWith("\0builtin:")
      ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice("\0builtin:".length))})`
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
  input: { windflow: "src/windflow.ts" },
  platform: "node",
  resolve: { conditionNames: ["@windflow/source", "node", "import", "default"] },
  plugins: [plainBuiltins],
  // ssh2 tries these native modules and does without.
  external: ["node:module", "cpu-features", /\.node$/],
}

export default { ...options, output }
