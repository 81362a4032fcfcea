import Tensors

/// What has been learned of programs: how long a task of each runs, and how much memory it needs.
struct Experience {
    private var times: [Hash: Duration] = [:]
    private var needs: [Hash: Int] = [:]
    /// The least memory with which each has run.
    private var rooms: [Hash: Int] = [:]
    /// Programs of which something is known at most; then it is learned anew.
    private static let most = 4_096

    var knowsSomething: Bool { !times.isEmpty }
    var knowsNeeds: Bool { !needs.isEmpty }

    /// An average in which the last runs count most.
    func usualTime(of program: Hash) -> Duration? { times[program] }

    /// Bytes below which it does not run; 0 when that is not known.
    func need(of program: Hash) -> Int { needs[program] ?? 0 }

    /// Whether it has run with no more memory than this.
    func hasRun(_ program: Hash, within byteCount: Int) -> Bool { rooms[program].map { $0 <= byteCount } ?? false }

    mutating func note(_ program: Hash, took: Duration) {
        if times.count >= Self.most, times[program] == nil { times = [:] }
        guard let before = times[program] else { return times[program] = took }
        // To divide a duration takes as long as all else that is done here for a task.
        let quarter = (took.attoseconds - before.attoseconds) >> 2
        times[program] = Duration(attoseconds: before.attoseconds + quarter)
    }

    /// It has run where there is so much.
    ///
    /// - Returns: whether it was thought to need more, or might have been.
    mutating func note(_ program: Hash, fits byteCount: Int) -> Bool {
        guard byteCount < rooms[program] ?? .max || byteCount < needs[program] ?? 0 else { return false }
        if rooms.count >= Self.most, rooms[program] == nil { rooms = [:] }
        rooms[program] = min(byteCount, rooms[program] ?? .max)
        if let need = needs[program], need > byteCount { needs[program] = nil }
        return true
    }

    mutating func note(_ program: Hash, needs byteCount: Int) {
        guard byteCount > 0 else { return }
        if needs.count >= Self.most, needs[program] == nil { needs = [:] }
        needs[program] = byteCount
    }
}
