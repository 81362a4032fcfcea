/// How many meta-batches a task of the cluster takes, where a meta-batch is not cut into shards.
///
/// A segment ends where a snapshot is due, so that no snapshot waits for it. Between two snapshots all segments are of one
/// length but for the last one: each length is a program. After a meta-batch that diverged, what is done is done in vain
/// should another one diverge, so segments begin with one meta-batch and double from there.
struct MetaSegments {
    private let length: Int
    private let snapshotEvery: Int
    private let iterations: Int
    /// The most meta-batches of the next segment, a power of two; nil when nothing has diverged of late.
    private var most: Int?

    /// - Parameters:
    ///   - length: How many meta-batches a segment has, at most.
    ///   - snapshotEvery: The iterations between snapshots.
    ///   - iterations: How many there are.
    init(length: Int, snapshotEvery: Int, iterations: Int) {
        self.length = length
        self.snapshotEvery = snapshotEvery
        self.iterations = iterations
    }

    /// The segment that begins with an iteration.
    func next(from iteration: Int) -> Range<Int> {
        let offset = iteration % snapshotEvery
        let snapshot = iteration - offset + snapshotEvery
        let end = min(iteration - offset % length + length, snapshot, iterations)
        let whole = iteration..<end
        guard most != nil || offset % length > 0 else { return whole }
        // Off the usual places powers of two are few lengths.
        var count = 1
        while count * 2 <= min(whole.count, most ?? whole.count) { count *= 2 }
        return iteration..<(iteration + count)
    }

    /// How many meta-batches the segments have when nothing diverges.
    var lengths: [Int] {
        let lasts = [min(snapshotEvery, iterations), iterations].map { end in
            let start = (end - 1) / snapshotEvery * snapshotEvery
            return end - start - (end - 1 - start) / length * length
        }
        return ([next(from: 0).count] + lasts).distinct
    }

    /// Something in the last segment diverged, or nothing did.
    mutating func note(hasDiverged: Bool) {
        if hasDiverged {
            most = 1
        } else if let most {
            self.most = most < length ? most * 2 : nil
        }
    }
}
