package import Tensors
package import Wire

/// Blobs on their way here, from any number of sources: which pieces to ask for, and how much has come.
///
/// A value: it neither sends nor keeps bytes. A blob's pieces are asked for in order, a few ahead of those that have come, so
/// that the one who asks decides how many bytes are under way: of each source as many as its `Pace` says, and of all sources
/// together so many blobs that they do not take more than a budget. What is to be asked for after each change, `requests`
/// tells.
///
/// When a source is gone, what came from it stays, and the next one is asked for the rest only; whether the whole is what its
/// name says is seen at its end, and if it is not, the last source must send all of it.
package struct Transfers<Source: Hashable & Sendable>: Sendable {
    /// Blobs of which a part is kept while nobody sends the rest.
    package static var mostInterrupted: Int { 8 }
    /// How long a source may take to send a piece, or to be reached.
    package static var patience: Duration { .seconds(30) }

    /// What became of a piece.
    package enum Outcome: Hashable, Sendable {
        /// It is the next one, and there is more to come.
        case more
        /// It is the last one.
        case complete
        /// It is not what was asked for. The transfer is over, and what had come is of no use.
        case damaged(String)
        /// Nobody waits for it.
        case unexpected
    }

    private struct Transfer {
        /// Who sends it; nil while it is interrupted.
        var source: Source?
        let byteCount: Int
        /// Differs each time that it is begun or goes on.
        var number = 0
        /// Whether it is counted among those for which there is room.
        var isAdmitted = false
        var asked = 0
        var received = 0
        /// What came from others than the source.
        var inherited = 0

        /// What was asked for and has not come will not come.
        mutating func rewind() { asked = received }
    }

    /// A piece that was asked for.
    private struct Question {
        let name: Hash
        let number: Int
        let offset: Int
        let length: Int
        let since: Instant
    }

    /// A source, and what is asked of it.
    private struct Line {
        /// Nil while it cannot be reached.
        var pace: Pace?
        /// What it has to send, in the order in which it is asked for.
        var names: [Hash] = []
        /// What it was asked and has not answered, in order.
        var questions: [Question] = []
        var underWay = 0
        /// When it was last found to be of use, or began to be waited for.
        var lastProgress: Instant
    }

    /// Bytes of all blobs together that may be on their way, unless it is a single one.
    private let budget: Int
    /// Bytes of blobs that have come and take up room.
    private var heldBytes = 0
    private var admittedBytes = 0
    private var transfers: [Hash: Transfer] = [:]
    private var lines: [Source: Line] = [:]
    /// Those that are not admitted, oldest first.
    private var waiting: [Hash] = []
    private var interrupted: [Hash] = []
    /// The sources of which more may be asked.
    private var eager: [Source] = []
    private var count = 0

    /// No transfers.
    ///
    /// - Parameter budget: Bytes of blobs that may be on their way or held at the same time; one may be larger.
    package init(budget: Int = .max) { self.budget = budget }

    /// The blobs that are on their way.
    package var names: [Hash] { transfers.filter { $0.value.source != nil }.keys.sorted() }

    /// Whether a blob is on its way.
    package func contains(_ name: Hash) -> Bool { transfers[name]?.source != nil }

    /// Bytes of a blob that have come.
    package func received(_ name: Hash) -> Int { transfers[name]?.received ?? 0 }

    // MARK: Sources

    /// A source can be reached, over a new connection: what was asked before will not be answered, and is asked again.
    package mutating func open(_ source: Source, isNearby: Bool, at now: Instant) {
        shut(source)
        lines[source, default: Line(lastProgress: now)].pace = Pace(isNearby: isNearby)
        lines[source]?.lastProgress = now
        stir(source)
    }

    /// A source cannot be reached for now.
    package mutating func shut(_ source: Source) {
        guard let line = lines[source] else { return }
        lines[source]?.pace = nil
        lines[source]?.questions = []
        lines[source]?.underWay = 0
        for name in line.names { transfers[name]?.rewind() }
    }

    /// A source is gone.
    ///
    /// - Returns: the blobs that were on their way from there, and those of which nothing is kept any more.
    @discardableResult
    package mutating func giveUpAll(from source: Source) -> (names: [Hash], dropped: [Hash]) {
        let names = (lines[source]?.names ?? []).sorted()
        let dropped = names.flatMap { giveUp($0, from: source).dropped }
        lines[source] = nil
        return (names, dropped)
    }

    /// The blobs that have been waited for too long without any progress of their source.
    package func overdue(at now: Instant) -> [(name: Hash, source: Source)] {
        var overdue: [(name: Hash, source: Source)] = []
        for (source, line) in lines where line.lastProgress.duration(to: now) > Self.patience {
            guard line.pace == nil || !line.questions.isEmpty else { continue }
            for name in line.names { overdue.append((name, source)) }
        }
        return overdue.sorted { $0.name < $1.name }
    }

    // MARK: Blobs

    /// Begins to get a blob, or goes on where another source ended, unless it is on its way from this one already.
    package mutating func begin(_ name: Hash, of byteCount: Int, from source: Source, at now: Instant) {
        guard transfers[name]?.source != source else { return }
        detach(name)
        var transfer = transfers[name] ?? Transfer(byteCount: byteCount)
        if transfer.byteCount != byteCount { transfer = Transfer(byteCount: byteCount) }
        count += 1
        transfer.number = count
        transfer.source = source
        transfer.asked = transfer.received
        transfer.inherited = transfer.received
        transfers[name] = transfer
        interrupted.removeAll { $0 == name }
        var line = lines[source] ?? Line(lastProgress: now)
        if line.names.isEmpty { line.lastProgress = now }
        line.names.append(name)
        lines[source] = line
        waiting.append(name)
        stir(source)
    }

    /// Takes a piece of so many bytes. Those that are expected come in order.
    package mutating func receive(
        _ chunk: BlobChunk,
        _ byteCount: Int,
        from source: Source,
        at now: Instant
    ) -> Outcome {
        guard let question = settle(chunk.name, chunk.offset, byteCount, from: source, at: now),
            let transfer = transfers[chunk.name], transfer.source == source, transfer.number == question.number
        else { return .unexpected }
        let isWhole = byteCount == question.length || chunk.offset + byteCount == chunk.total
        guard chunk.total == transfer.byteCount, chunk.offset == transfer.received, isWhole else {
            remove(chunk.name)
            return .damaged(
                "byte \(chunk.offset) of \(chunk.total) came instead of byte \(transfer.received) of \(transfer.byteCount)"
            )
        }
        transfers[chunk.name]?.received += byteCount
        return transfer.received + byteCount < transfer.byteCount ? .more : .complete
    }

    /// All of a blob has come, and was looked at.
    ///
    /// - Parameters:
    ///   - name: The blob.
    ///   - isSound: Whether it has its name.
    ///   - now: The time.
    /// - Returns: who sent it, and whether that one must send all of it again, since others had sent a part.
    package mutating func close(
        _ name: Hash,
        isSound: Bool,
        at now: Instant
    ) -> (source: Source, mustSendAgain: Bool)? {
        guard let transfer = transfers[name], let source = transfer.source else { return nil }
        remove(name)
        guard !isSound, transfer.inherited > 0 else { return (source, false) }
        begin(name, of: transfer.byteCount, from: source, at: now)
        return (source, true)
    }

    /// A source says that it does not have a blob.
    ///
    /// - Returns: as `giveUp`; it means nothing when it was not asked.
    package mutating func miss(
        _ name: Hash,
        from source: Source,
        at now: Instant
    ) -> (wasOnItsWay: Bool, dropped: [Hash]) {
        guard let question = settle(name, nil, 0, from: source, at: now),
            transfers[name]?.number == question.number
        else { return (false, []) }
        return giveUp(name, from: source)
    }

    /// A blob shall not be waited for from this source any longer. What came of it is kept for the next source, as far as there
    /// is room.
    ///
    /// - Returns: whether it was on its way from there, and the blobs of which nothing is kept any more.
    @discardableResult
    package mutating func giveUp(_ name: Hash, from source: Source) -> (wasOnItsWay: Bool, dropped: [Hash]) {
        guard let transfer = transfers[name], transfer.source == source else { return (false, []) }
        guard transfer.received > 0, transfer.received < transfer.byteCount else {
            remove(name)
            return (true, [name])
        }
        detach(name)
        transfers[name]?.source = nil
        interrupted.append(name)
        guard interrupted.count > Self.mostInterrupted else { return (true, []) }
        let oldest = interrupted.removeFirst()
        transfers[oldest] = nil
        return (true, [oldest])
    }

    /// Nobody wants a blob any more.
    package mutating func forget(_ name: Hash) {
        remove(name)
        interrupted.removeAll { $0 == name }
    }

    /// So many bytes of blobs that have come take up room for now.
    package mutating func hold(_ byteCount: Int) { heldBytes = byteCount }

    // MARK: What to ask

    /// What is to be asked for now.
    package mutating func requests(at now: Instant) -> [(source: Source, request: BlobRequest)] {
        if !waiting.isEmpty { admit() }
        guard !eager.isEmpty else { return [] }
        var requests: [(source: Source, request: BlobRequest)] = []
        for source in eager {
            guard var line = lines[source], let pace = line.pace else { continue }
            for name in line.names {
                guard var transfer = transfers[name], transfer.isAdmitted else { continue }
                // An empty blob has one empty piece.
                while transfer.asked < max(transfer.byteCount, 1) {
                    let length = max(min(pace.piece, transfer.byteCount - transfer.asked), 1)
                    guard line.underWay == 0 || line.underWay + length <= pace.window else { break }
                    if line.questions.isEmpty { line.lastProgress = now }
                    line.questions.append(
                        Question(
                            name: name,
                            number: transfer.number,
                            offset: transfer.asked,
                            length: length,
                            since: now
                        )
                    )
                    line.underWay += length
                    requests.append((source, BlobRequest(name: name, offset: transfer.asked, length: length)))
                    transfer.asked += length
                }
                transfers[name] = transfer
                if line.underWay >= pace.window { break }
            }
            lines[source] = line
        }
        eager.removeAll(keepingCapacity: true)
        return requests
    }

    private mutating func stir(_ source: Source) { if !eager.contains(source) { eager.append(source) } }

    /// Finds what is answered. Answers come in the order of the questions.
    private mutating func settle(
        _ name: Hash,
        _ offset: Int?,
        _ byteCount: Int,
        from source: Source,
        at now: Instant
    ) -> Question? {
        guard var line = lines[source],
            let index = line.questions.firstIndex(where: { $0.name == name && $0.offset == offset ?? $0.offset })
        else { return nil }
        let question = line.questions[index]
        line.underWay -= line.questions[...index].map(\.length).reduce(0, +)
        // What was passed over will not be answered any more.
        for passed in line.questions[..<index] where transfers[passed.name]?.number == passed.number {
            transfers[passed.name]?.rewind()
        }
        line.questions.removeFirst(index + 1)
        line.lastProgress = now
        if byteCount > 0 {
            line.pace?.answered(byteCount, after: question.since.duration(to: now), underWay: line.underWay)
        }
        lines[source] = line
        stir(source)
        return question
    }

    /// Lets those come for which there is room, oldest first.
    private mutating func admit() {
        var index = 0
        while index < waiting.count {
            guard let transfer = transfers[waiting[index]], let source = transfer.source else {
                waiting.remove(at: index)
                continue
            }
            // One that could not be asked for now would keep others waiting.
            guard lines[source]?.pace != nil else {
                index += 1
                continue
            }
            let taken = admittedBytes + heldBytes
            guard taken == 0 || transfer.byteCount <= budget - taken else { return }
            admittedBytes += transfer.byteCount
            transfers[waiting[index]]?.isAdmitted = true
            waiting.remove(at: index)
            stir(source)
        }
    }

    private mutating func remove(_ name: Hash) {
        detach(name)
        transfers[name] = nil
    }

    /// Its source need not send it any more.
    private mutating func detach(_ name: Hash) {
        guard let transfer = transfers[name], let source = transfer.source else { return }
        lines[source]?.names.removeAll { $0 == name }
        if transfer.isAdmitted {
            admittedBytes -= transfer.byteCount
            transfers[name]?.isAdmitted = false
        } else {
            waiting.removeAll { $0 == name }
        }
    }
}
