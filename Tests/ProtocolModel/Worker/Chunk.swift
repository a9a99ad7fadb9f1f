/// Rows that a backfill has read: they stay in memory until the window up to their snapshot is done.
struct Chunk {
    let snapshot: Int
    /// Whose rows it holds. Others may stand at the same place, and have rows that nobody has read.
    let lanes: [Int]
    /// The row that the chunk follows.
    let frontier: Int
    let rows: [(key: Int, version: Int)]
}
