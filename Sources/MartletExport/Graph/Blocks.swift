/// How axes lie while blocks of the axes behind the first become parts of the batch.
enum Blocks {
    /// From the batch, the place of a block and the place in it for each axis, and the rest, to places in blocks, batch, places of
    /// blocks and rest.
    /// - Parameters:
    ///   - count: how many axes have blocks.
    ///   - rest: how many axes are behind them.
    static func order(_ count: Int, _ rest: Int) -> [Int] {
        let within = (0..<count).map { 2 * $0 + 2 }
        let places = (0..<count).map { 2 * $0 + 1 }
        return within + [0] + places + Array((2 * count + 1)..<(2 * count + 1 + rest))
    }

    /// The way back.
    static func inverseOrder(_ count: Int, _ rest: Int) -> [Int] {
        let pairs = (0..<count).flatMap { [count + 1 + $0, $0] }
        return [count] + pairs + Array((2 * count + 1)..<(2 * count + 1 + rest))
    }
}
