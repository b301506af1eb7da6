// Lends import() to the program of the snapshot, which has none of its own.
module.exports = (url) => import(url)
