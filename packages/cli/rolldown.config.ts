/** The command as few minified files, split by verb: what a verb does not need is not read. */
import type { BuildOptions, OutputOptions, Plugin } from "rolldown"

/**
 * dockerode loads gRPC for BuildKit sessions, which we speak ourselves, and ssh2 prefers native modules when they are there:
 * both are left out of the bundle; `require`d all the same, they say so.
 */
const leftOut = (names: ReadonlyArray<string>): Plugin => ({
  name: "left-out",
  resolveId: (source) =>
    names.some((name) => source === name || source.startsWith(`${name}/`)) ? `\0left-out:${source}` : null,
  load: (id) =>
    id.startsWith("\0left-out:")
      ? `throw new Error(${JSON.stringify(`${id.slice("\0left-out:".length)} is not part of the bundle`)})`
      : null,
})

export const output: OutputOptions = {
  dir: "dist/bundle",
  format: "esm",
  minify: true,
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  cleanDir: true,
}

/** For tests too, which bundle another entry beside it. */
export const options: BuildOptions = {
  input: { windflow: "src/windflow.ts" },
  platform: "node",
  resolve: { conditionNames: ["@windflow/source", "node", "import", "default"] },
  plugins: [leftOut(["@grpc/grpc-js", "@grpc/proto-loader", "cpu-features"])],
  external: [/\.node$/, /^node:/],
}

export default { ...options, output }
