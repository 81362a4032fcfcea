import Tensors

extension Dataset {
    /// Keeps some classes apart, to measure on tasks that were never trained on.
    ///
    /// - Parameters:
    ///   - fraction: The part of the classes that is kept apart, rounded to the nearest whole number, halves up.
    ///   - seed: Another seed gives another choice.
    /// - Returns: The indices of the classes to train on and of those kept apart, each in ascending order.
    /// - Throws: `EpisodeError.setting` when no class would be left on a side, and `DatasetError.notClasses`.
    public func classSplit(heldOut fraction: Double, seed: UInt64) throws -> (training: [Int], heldOut: [Int]) {
        let count = try classes.names.count
        let kept =
            fraction >= 0 && fraction <= 1 ? Int((fraction * Double(count)).rounded(.toNearestOrAwayFromZero)) : 0
        guard kept > 0, kept < count else {
            throw EpisodeError.setting(
                name: "held out",
                found: "\(fraction)",
                allowed: "a part of the \(count) classes that leaves some on each side, such as 0.2"
            )
        }
        let order = RandomKey(seed: seed).child("class split").permutation(count)
        return (order[kept...].sorted(), order[..<kept].sorted())
    }
}
