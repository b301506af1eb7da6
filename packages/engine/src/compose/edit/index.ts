export { type Edit, EditRefused } from "./Edit.ts"
export { editCompose } from "./apply.ts"
