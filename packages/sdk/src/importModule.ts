/** Runs a module of a user. In a file of its own, as a program that starts from a snapshot has to do it in another way. */
export const importModule = (url: string): Promise<{ readonly default?: unknown }> => import(url)
