import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Transfers")
struct TransfersTests {
    private static let piece = WireLimits.frame
    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 24) }
    }

    /// The pieces that a store answers with.
    private func answer(_ request: BlobRequest, from store: BlobStore) throws -> (BlobChunk, Frame) {
        let parcel = store.answer(request)
        try parcel.check()
        guard case .blobChunk(let chunk) = parcel.message else { throw Missing() }
        return (chunk, parcel.frames[0])
    }
    private struct Missing: Error {}

    /// Transfers from one source or more, and the bytes that came.
    private struct Taker {
        var transfers: Transfers<Int>
        var partial = PartialBlobs()
        var now = Instant(nanoseconds: 0)
        /// What was asked of whom and is not answered.
        var asked: [(source: Int, request: BlobRequest)] = []

        init(budget: Int = .max, open sources: [Int] = [1]) {
            transfers = Transfers(budget: budget)
            for source in sources { transfers.open(source, isNearby: true, at: now) }
        }

        mutating func ask() { asked += transfers.requests(at: now) }

        mutating func begin(_ name: Hash, of byteCount: Int, from source: Int = 1) {
            transfers.begin(name, of: byteCount, from: source, at: now)
            ask()
        }

        mutating func take(_ chunk: BlobChunk, _ byteCount: Int, from source: Int = 1) -> Transfers<Int>.Outcome {
            defer { ask() }
            return transfers.receive(chunk, byteCount, from: source, at: now)
        }

        /// Answers the oldest request as it should be.
        mutating func answer(of total: Int) -> Transfers<Int>.Outcome {
            let (source, request) = asked.removeFirst()
            let chunk = BlobChunk(name: request.name, offset: request.offset, total: total)
            return take(chunk, min(request.length, total - request.offset), from: source)
        }

        var offsets: [Int] { asked.map(\.request.offset) }
        var underWay: Int { asked.map(\.request.length).reduce(0, +) }
    }

    @Test("a blob of any size arrives whole, with few pieces under way, from near and from far")
    func whole() throws {
        for (count, isNearby) in [
            0, 1, Self.piece - 1, Self.piece, Self.piece + 1, 4 * Self.piece, 5 * Self.piece, 9 * Self.piece + 7,
        ].flatMap({ [($0, true), ($0, false)] }) {
            let content = Self.content(count)
            let name = Hash.ofBlob(content)
            var store = BlobStore()
            store[name] = Frame(content)
            #expect(store.byteCount == count)
            var taker = Taker(open: [])
            taker.transfers.open(1, isNearby: isNearby, at: taker.now)
            taker.begin(name, of: count)
            let before = taker.asked.count
            taker.begin(name, of: count)
            #expect(taker.asked.count == before, "it is on its way")
            var received: [UInt8]?
            var end = 0
            while !taker.asked.isEmpty {
                #expect(taker.underWay <= (isNearby ? Pace.most : max(Pace.least, end + 1 << 16)))
                let request = taker.asked.removeFirst().request
                #expect(request.offset == end, "in order, nothing twice")
                let (chunk, frame) = try answer(request, from: store)
                end += frame.count
                let outcome = taker.take(chunk, frame.count)
                taker.partial.append(frame, to: name, of: count)
                if outcome == .complete {
                    received = taker.partial.take(name)?.bytes
                    let end = taker.transfers.close(name, isSound: received != nil, at: taker.now)
                    #expect(end?.mustSendAgain == false)
                } else {
                    #expect(outcome == .more)
                }
            }
            #expect(received == content, "\(count) bytes")
            #expect(taker.transfers.names.isEmpty)
        }
    }

    @Test("a piece at the wrong place, of another length or another blob ends the transfer")
    func damaged() {
        let total = 3 * Self.piece
        let name = Hash(of: [1])
        func outcome(_ chunks: (offset: Int, total: Int, byteCount: Int)...) -> Transfers<Int>.Outcome {
            var taker = Taker()
            taker.begin(name, of: total)
            var last = Transfers<Int>.Outcome.unexpected
            for (offset, total, byteCount) in chunks {
                last = taker.take(BlobChunk(name: name, offset: offset, total: total), byteCount)
            }
            if case .damaged = last { #expect(!taker.transfers.contains(name)) }
            return last
        }
        func isDamaged(_ outcome: Transfers<Int>.Outcome) -> Bool {
            if case .damaged = outcome { true } else { false }
        }
        #expect(isDamaged(outcome((Self.piece, total, Self.piece))), "the first is missing")
        #expect(isDamaged(outcome((0, total + 1, Self.piece))))
        #expect(isDamaged(outcome((0, total, Self.piece - 1))))
        #expect(outcome((0, total, Self.piece), (0, total, Self.piece)) == .unexpected, "it came before")
        #expect(outcome((7, total, Self.piece)) == .unexpected, "nobody asked for it")
    }

    @Test("a piece of nobody's, of another source or too late is not taken")
    func unexpected() {
        let name = Hash(of: [1])
        let chunk = BlobChunk(name: name, offset: 0, total: 10)
        var taker = Taker(open: [1, 2])
        func isUnexpected(from source: Int) -> Bool { taker.take(chunk, 10, from: source) == .unexpected }
        #expect(isUnexpected(from: 1))
        taker.begin(name, of: 10)
        #expect(isUnexpected(from: 2))
        var missing = [2, 1].map { taker.transfers.miss(name, from: $0, at: taker.now).wasOnItsWay }
        #expect(missing == [false, true])
        #expect(isUnexpected(from: 1))
        taker.begin(name, of: 10)
        let gone = [2, 1].map { taker.transfers.giveUpAll(from: $0).names }
        #expect(gone == [[], [name]])
        #expect(isUnexpected(from: 1))
        // An answer to a question that does not matter any more says nothing about a later one.
        taker.transfers.open(1, isNearby: true, at: taker.now)
        taker.begin(name, of: 10)
        taker.transfers.giveUp(name, from: 1)
        taker.begin(name, of: 10)
        missing = (0..<3).map { _ in taker.transfers.miss(name, from: 1, at: taker.now).wasOnItsWay }
        #expect(missing == [false, true, false])
    }

    @Test("a blob that is asked for elsewhere begins anew there")
    func otherSource() {
        let name = Hash(of: [1])
        var taker = Taker(open: [1, 2])
        taker.begin(name, of: 10)
        taker.begin(name, of: 10, from: 2)
        #expect(taker.asked.map(\.source) == [1, 2])
        let isOver = taker.transfers.giveUp(name, from: 1).wasOnItsWay
        #expect(!isOver, "what the first one says does not matter any more")
        let outcome = taker.take(BlobChunk(name: name, offset: 0, total: 10), 10, from: 2)
        #expect(outcome == .complete)
    }

    @Test("what came before a break is not asked for again, unless the whole turns out to be wrong")
    func resumption() {
        let total = 9 * Self.piece
        let name = Hash(of: [1])
        var taker = Taker(open: [1, 2])
        taker.begin(name, of: total)
        #expect(taker.offsets == [0, 1, 2, 3].map { $0 * Self.piece })
        for _ in 0..<3 { #expect(taker.answer(of: total) == .more) }
        let end = taker.transfers.giveUpAll(from: 1)
        #expect(end.names == [name] && end.dropped.isEmpty)
        #expect(!taker.transfers.contains(name))
        taker.asked = []
        taker.begin(name, of: total, from: 2)
        #expect(taker.offsets == [3, 4, 5, 6].map { $0 * Self.piece }, "the three that came are here")
        for _ in 3..<8 { #expect(taker.answer(of: total) == .more) }
        #expect(taker.answer(of: total) == .complete)
        let again = taker.transfers.close(name, isSound: false, at: taker.now)
        taker.ask()
        #expect(again?.mustSendAgain == true)
        #expect(taker.offsets == [0, 1, 2, 3].map { $0 * Self.piece }, "all of it from one source")
        for _ in 0..<8 { #expect(taker.answer(of: total) == .more) }
        #expect(taker.answer(of: total) == .complete)
        let wrong = taker.transfers.close(name, isSound: false, at: taker.now)
        #expect(wrong?.source == 2 && wrong?.mustSendAgain == false, "and then it is that source's fault")
        #expect(!taker.transfers.contains(name))
    }

    @Test("a source that cannot be reached is not asked; over a new connection the rest is, and no answer counts twice")
    func newConnection() {
        let total = 9 * Self.piece
        let name = Hash(of: [1])
        var taker = Taker(open: [])
        taker.begin(name, of: total)
        #expect(taker.asked.isEmpty && taker.transfers.contains(name))
        taker.transfers.open(1, isNearby: true, at: taker.now)
        taker.ask()
        for _ in 0..<2 { #expect(taker.answer(of: total) == .more) }
        let lost = taker.asked
        taker.asked = []
        taker.transfers.shut(1)
        taker.ask()
        #expect(taker.asked.isEmpty)
        let late = lost[0].request
        #expect(
            taker.take(BlobChunk(name: name, offset: late.offset, total: total), late.length) == .unexpected,
            "it may be half of what was sent"
        )
        taker.transfers.open(1, isNearby: true, at: taker.now)
        taker.ask()
        #expect(taker.offsets == [2, 3, 4, 5].map { $0 * Self.piece })
        for _ in 2..<8 { #expect(taker.answer(of: total) == .more) }
        #expect(taker.answer(of: total) == .complete)
    }

    @Test("little is kept of what nobody sends any more")
    func interruptions() {
        var taker = Taker()
        var dropped = 0
        for number in 0..<100 as Range<UInt8> {
            let name = Hash(of: [number])
            taker.begin(name, of: 2 * Self.piece)
            #expect(taker.answer(of: 2 * Self.piece) == .more)
            taker.asked = []
            dropped += taker.transfers.giveUp(name, from: 1).dropped.count
        }
        #expect(dropped == 100 - Transfers<Int>.mostInterrupted)
    }

    @Test("no more than the budget is on its way or held, whoever sends it, and all of it comes in the end")
    func budget() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            let budget = random.integer(1...8) << 20
            let sources = Array(1...random.integer(1...6))
            var taker = Taker(budget: budget, open: sources)
            var sizes: [Hash: Int] = [:]
            for number in 0..<random.integer(1...20) {
                let name = Hash(of: [UInt8(number)])
                // A few are too large for the budget, and so come alone.
                sizes[name] = random.integer(1...(random.oneIn(8) ? 10 << 20 : budget))
                taker.begin(name, of: sizes[name] ?? 0, from: random.pick(sources))
            }
            var (held, left) = ([Int](), sizes.count)
            while left > 0 || !held.isEmpty {
                // Begun, in order, and not complete.
                let begun = Set(taker.asked.map(\.request.name)).union(
                    sizes.keys.filter { taker.transfers.received($0) > 0 }
                )
                let taken = begun.filter(taker.transfers.contains).map { sizes[$0] ?? 0 }.reduce(0, +)
                let isAlone = begun.count(where: taker.transfers.contains) + held.count <= 1
                #expect(isAlone || taken + held.reduce(0, +) <= budget, "seed \(seed)")
                if let index = held.indices.randomElement(using: &random), random.oneIn(2) || taker.asked.isEmpty {
                    held.remove(at: index)
                    taker.transfers.hold(held.reduce(0, +))
                    taker.ask()
                    continue
                }
                guard let (source, request) = taker.asked.first else {
                    Issue.record("seed \(seed): \(left) blobs are not asked for")
                    break
                }
                let total = sizes[request.name] ?? 0
                guard taker.answer(of: total) == .complete else { continue }
                left -= 1
                let end = taker.transfers.close(request.name, isSound: true, at: taker.now)
                #expect(end?.source == source)
                held.append(total)
                taker.transfers.hold(held.reduce(0, +))
                taker.ask()
            }
        }
    }

    @Test("a slow way is not filled: what is asked for comes soon, and a quick one is used in full")
    func pace() {
        // Bytes a second, and the time that the first one takes.
        for (rate, way) in [(125_000, 0), (125_000, 300), (1_250_000, 20), (12_500_000, 0), (1_000_000_000, 0)] {
            var taker = Taker(open: [])
            taker.transfers.open(1, isNearby: false, at: taker.now)
            let total = rate * 60
            taker.begin(Hash(of: [1]), of: total)
            var (free, longest, since) = (taker.now, Duration.zero, [Int: Instant]())
            let start = taker.now
            var seconds = 0.0
            while !taker.asked.isEmpty {
                for (_, request) in taker.asked where since[request.offset] == nil { since[request.offset] = taker.now }
                let request = taker.asked[0].request
                let begin = max(free, (since[request.offset] ?? start).advanced(by: .milliseconds(way)))
                free = begin.advanced(by: .nanoseconds(request.length * 1_000_000_000 / rate))
                taker.now = free
                if request.offset > total / 10 {
                    longest = max(longest, (since[request.offset] ?? start).duration(to: free))
                }
                _ = taker.answer(of: total)
                seconds = start.duration(to: free) / .seconds(1)
            }
            #expect(longest <= .milliseconds(1_200 + way), "\(rate) bytes/s, \(way) ms: \(longest)")
            // The most that may be under way is once around.
            let most = min(1, Double(Pace.most) / Double(rate) / max(Double(way) / 1_000, 1e-9))
            #expect(60 / seconds > 0.8 * most, "\(rate) bytes/s, \(way) ms: \(seconds) s instead of 60")
        }
    }

    @Test("who sends nothing for long is found out, and nobody else")
    func overdue() {
        let (first, second, third) = (Hash(of: [1]), Hash(of: [2]), Hash(of: [3]))
        var taker = Taker(budget: 3 * Self.piece, open: [1, 2])
        taker.begin(first, of: 2 * Self.piece)
        taker.begin(second, of: 10, from: 3)
        // For this one there is no room, which is not its source's fault.
        taker.begin(third, of: 2 * Self.piece, from: 2)
        func overdue(after duration: Duration) -> [Int] {
            taker.now = taker.now.advanced(by: duration)
            return taker.transfers.overdue(at: taker.now).map(\.source).sorted()
        }
        #expect(overdue(after: .seconds(29)).isEmpty)
        #expect(taker.answer(of: 2 * Self.piece) == .more)
        #expect(overdue(after: .seconds(2)) == [3], "it was never reached")
        #expect(overdue(after: .seconds(29)) == [1, 3])
    }

    @Test("a store answers with what it has, and with nothing else")
    func answers() throws {
        let content = Self.content(10)
        let name = Hash.ofBlob(content)
        var store = BlobStore()
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 0), from: store) }
        store[name] = Frame(content)
        let (chunk, frame) = try answer(BlobRequest(name: name, offset: 4, length: 3), from: store)
        #expect(chunk == BlobChunk(name: name, offset: 4, total: 10) && frame.bytes == Array(content[4..<7]))
        #expect(try answer(BlobRequest(name: name, offset: 9, length: 100), from: store).1.bytes == [content[9]])
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 10), from: store) }
        #expect(throws: Missing.self) { _ = try answer(BlobRequest(name: name, offset: 1 << 40), from: store) }
        store[name] = nil
        #expect(store.byteCount == 0)
        let empty = Hash.ofBlob([])
        store[empty] = Frame([])
        #expect(try answer(BlobRequest(name: empty, offset: 0), from: store).1.count == 0)
    }
}
