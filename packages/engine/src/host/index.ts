/** What is brought to hosts: local files, images, Docker itself. */
export * from "./carryTrees.ts"
export * from "./layout.ts"
export * from "./Manifest.ts"
export * from "./scanTree.ts"
export * from "./treeArchive.ts"
export * from "./trees.ts"
