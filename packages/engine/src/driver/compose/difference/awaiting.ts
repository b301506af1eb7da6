/**
 * Subjects whose keys the driver still refuses. Each must really be refused: an entry whose stack we deploy fails, and is to be
 * taken out.
 */
export const awaiting: ReadonlyArray<string> = []
