/** Which layers of an image need not travel. Pure. */

/**
 * The layers, by the digests of their contents, that a target with these images has already. A layer is known by the chain below
 * it, so only a common beginning counts; a content that comes again above it has to be there all the same.
 */
export const sharedLayers = (
  layers: ReadonlyArray<string>,
  others: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlySet<string> => {
  let common = 0
  for (const other of others) {
    let length = 0
    while (length < layers.length && layers[length] === other[length]) length++
    common = Math.max(common, length)
  }
  const above = new Set(layers.slice(common))
  return new Set(layers.slice(0, common).filter((layer) => !above.has(layer)))
}
