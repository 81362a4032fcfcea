import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

/// Workers of one host that want blobs, in simulated time.
private struct SimulatedHost {
    struct Member {
        var fetches = HostFetches()
        var isAlive = true
        var frozenUntil = Instant(nanoseconds: 0)
        var wanted: [Hash] = []
        /// What it fetches, one after the other, and how many bytes are to come.
        var queue: [(blob: Hash, left: Int)] = []
        var here: Set<Hash> = []
        var marks: [Hash: (number: Int, steps: Int)] = [:]
    }

    static let byteCount = 4 << 20
    var members: [Member]
    var isWritable = true
    /// Bytes that come to each that fetches in a step of time.
    var rate = 1 << 18
    var now = Instant(nanoseconds: 0)
    var fetchCounts: [Hash: Int] = [:]
    var received = 0
    var isOrderly = true

    init(members count: Int) { members = Array(repeating: Member(), count: count) }

    func isAwake(_ member: Int) -> Bool { members[member].isAlive && members[member].frozenUntil <= now }

    mutating func want(_ blob: Hash, at member: Int) {
        members[member].wanted.append(blob)
        if let look = members[member].fetches.want(blob, byteCount: Self.byteCount, at: now) { self.look(look, member) }
    }

    private mutating func look(_ look: HostFetches.Look, _ member: Int) {
        let sight: HostFetches.Sight
        let others = members.indices.filter { $0 != member && members[$0].isAlive }
        if isWritable, others.contains(where: { members[$0].here.contains(look.blob) }) {
            sight = .found
        } else if let mark = others.compactMap({ members[$0].marks[look.blob] }).first(where: { $0.number == look.mark }
        ) {
            sight = .taken(steps: mark.steps)
        } else if isWritable {
            members[member].marks[look.blob] = (look.mark, 0)
            sight = .marked
        } else {
            sight = .unmarkable
        }
        switch members[member].fetches.see(sight, of: look.blob, at: now) {
        case .take: members[member].here.insert(look.blob)
        case .fetch(let byteCount):
            fetchCounts[look.blob, default: 0] += 1
            members[member].queue.append((look.blob, byteCount))
        case .look(let next): self.look(next, member)
        case .unmark: isOrderly = false
        case .wait: isOrderly = isOrderly && members[member].fetches.awaited.contains(look.blob)
        }
    }

    /// A twentieth of a second passes.
    mutating func pass() {
        now = now.advanced(by: .milliseconds(50))
        for member in members.indices where isAwake(member) {
            if let (blob, left) = members[member].queue.first {
                let count = min(rate, left)
                received += count
                members[member].queue[0].left -= count
                if let shown = members[member].fetches.receive(count, at: now) {
                    for blob in shown.blobs { members[member].marks[blob]?.steps = shown.steps }
                }
                if left == count {
                    members[member].queue.removeFirst()
                    members[member].here.insert(blob)
                    isOrderly =
                        isOrderly && members[member].fetches.end(blob) == (members[member].marks[blob] != nil)
                    members[member].marks[blob] = nil
                }
            }
            for look in members[member].fetches.looks(at: now) { self.look(look, member) }
        }
    }

    mutating func kill(_ member: Int) { members[member] = Member(isAlive: false) }

    mutating func freeze(_ member: Int, for duration: Duration) {
        members[member].frozenUntil = now.advanced(by: duration)
    }

    /// Whether all who live have what they want.
    var isDone: Bool { members.allSatisfy { !$0.isAlive || $0.here.isSuperset(of: $0.wanted) } }
    var hasNothingLeft: Bool {
        members.allSatisfy { !$0.isAlive || $0.marks.isEmpty && $0.fetches.nextLook == nil && $0.queue.isEmpty }
    }

    /// Passes time until all is done.
    ///
    /// - Returns: whether it was, within a limit.
    mutating func run(atMost limit: Duration) -> Bool {
        let end = now.advanced(by: limit)
        while !isDone, now < end { pass() }
        return isDone
    }
}

@Suite("Fetches of a host")
struct HostFetchesTests {
    private static let blobs = (0..<4).map { Hash(of: [UInt8($0)]) }
    /// How long a fetch takes alone.
    private static let once = Duration.milliseconds(50) * (SimulatedHost.byteCount >> 18)

    /// Workers that want blobs, each in an order of its own.
    private static func host(_ random: inout Seeded) -> SimulatedHost {
        var host = SimulatedHost(members: random.integer(2...8))
        for member in host.members.indices.shuffled(using: &random) {
            for blob in Self.blobs.shuffled(using: &random) { host.want(blob, at: member) }
        }
        return host
    }

    @Test("in calm each blob is fetched once, in whatever order the workers want them")
    func calm() {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var host = Self.host(&random)
            let isDone = host.run(atMost: Self.once * 5 + .seconds(1))
            #expect(isDone, "seed \(seed)")
            #expect(host.fetchCounts.count == 4 && host.fetchCounts.values.allSatisfy { $0 == 1 }, "seed \(seed)")
            #expect(
                host.received == 4 * SimulatedHost.byteCount && host.isOrderly && host.hasNothingLeft,
                "seed \(seed)"
            )
        }
    }

    @Test("who fetches slowly is waited for as long as it goes on, and for no longer")
    func slow() {
        for (rate, count) in [(1 << 10, 1), (700, 1), (600, 2)] {
            var host = SimulatedHost(members: 2)
            host.rate = rate
            for member in 0..<2 { host.want(Self.blobs[0], at: member) }
            _ = host.run(atMost: .seconds(3_600))
            #expect(host.isDone && host.fetchCounts[Self.blobs[0]] == count, "\(rate)")
        }
    }

    @Test("after each kill one other worker takes over")
    func kills() {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var host = Self.host(&random)
            var kills = 0
            for _ in 0..<200 where !host.isDone {
                host.pass()
                let alive = host.members.indices.filter { host.members[$0].isAlive }
                guard alive.count > 1, random.oneIn(15) else { continue }
                kills += 1
                host.kill(random.pick(alive))
            }
            let isDone = host.run(atMost: Self.once * 5 + .seconds(1))
            #expect(isDone, "seed \(seed)")
            for (_, count) in host.fetchCounts { #expect(count <= 1 + kills, "seed \(seed)") }
            #expect(host.isOrderly && host.hasNothingLeft, "seed \(seed)")
        }
    }

    @Test("who is frozen holds the others up for as long as the patience lasts, and costs one more fetch")
    func freezes() {
        for count in 1...4 {
            var host = SimulatedHost(members: 8)
            for member in 0..<8 { host.want(Self.blobs[0], at: member) }
            host.pass()
            var frozen = 0
            var waited = Duration.zero
            while frozen < count {
                guard
                    let holder = host.members.indices.first(where: {
                        !host.members[$0].queue.isEmpty && host.isAwake($0)
                    })
                else {
                    host.pass()
                    waited += .milliseconds(50)
                    continue
                }
                host.freeze(holder, for: .seconds(3_600))
                frozen += 1
            }
            let patience = HostFetches.patience * min(count, HostFetches.mostMarks) + .seconds(1)
            let end = host.now.advanced(by: patience + Self.once)
            while host.now < end { host.pass() }
            for member in 0..<8 where host.isAwake(member) { #expect(host.members[member].here == [Self.blobs[0]]) }
            #expect(waited < patience)
            let fetches = host.fetchCounts[Self.blobs[0]]
            // Then there is no mark any more, and each fetches it for itself.
            #expect(fetches == (count < HostFetches.mostMarks ? count + 1 : 8), "\(count) frozen: \(fetches ?? 0)")
        }
    }

    @Test("whatever happens, all who live have their blobs in time, and nothing is left")
    func everything() {
        for seed in 0..<500 as Range<UInt64> {
            var random = Seeded(seed)
            var host = Self.host(&random)
            for _ in 0..<400 {
                host.pass()
                let member = random.integer(0...host.members.count - 1)
                if random.oneIn(40), host.members.count(where: \.isAlive) > 1 { host.kill(member) }
                if random.oneIn(20) { host.freeze(member, for: .milliseconds(random.integer(100...20_000))) }
                if random.oneIn(50) { host.isWritable.toggle() }
                if random.oneIn(10) { host.rate = 1 << random.integer(9...20) }
            }
            host.isWritable = true
            host.rate = 1 << 18
            for member in host.members.indices { host.members[member].frozenUntil = host.now }
            let limit = Self.once * 4 * host.members.count + HostFetches.patience * 3
            let isDone = host.run(atMost: limit)
            #expect(isDone, "seed \(seed)")
            #expect(host.isOrderly, "seed \(seed)")
            for _ in 0..<2_000 where !host.hasNothingLeft { host.pass() }
            #expect(host.hasNothingLeft, "seed \(seed)")
        }
    }

    @Test("where nothing can be marked each fetches for itself at once")
    func unwritable() {
        var host = SimulatedHost(members: 5)
        host.isWritable = false
        for member in 0..<5 { host.want(Self.blobs[0], at: member) }
        let isDone = host.run(atMost: Self.once)
        #expect(isDone)
        #expect(host.fetchCounts[Self.blobs[0]] == 5)
    }

    @Test("a wait looks again soon at first, later less often, and not at all once it is over")
    func pauses() {
        var fetches = HostFetches()
        var now = Instant(nanoseconds: 0)
        let blob = Self.blobs[0]
        #expect(fetches.nextLook == nil)
        #expect(fetches.want(blob, byteCount: 9, at: now) == HostFetches.Look(blob: blob, byteCount: 9, mark: 0))
        #expect(fetches.want(blob, byteCount: 9, at: now) == nil, "it looks already")
        var pauses: [Duration] = []
        for steps in 0..<40 {
            #expect(fetches.see(.taken(steps: steps), of: blob, at: now) == .wait)
            guard let next = fetches.nextLook else { break }
            #expect(fetches.looks(at: now).isEmpty)
            pauses.append(now.duration(to: next))
            now = next
            #expect(fetches.looks(at: now).map(\.blob) == [blob])
        }
        #expect(pauses.first == .milliseconds(5) && pauses.last == .milliseconds(100) && pauses == pauses.sorted())
        #expect(fetches.see(.found, of: blob, at: now) == .take)
        #expect(fetches.nextLook == nil && fetches.see(.found, of: blob, at: now) == .wait)
    }

    @Test("when nothing is wanted any more, what is marked is to be unmarked, once")
    func givingUp() {
        var fetches = HostFetches()
        let now = Instant(nanoseconds: 0)
        for blob in Self.blobs { _ = fetches.want(blob, byteCount: 9, at: now) }
        for blob in Self.blobs[..<2] { #expect(fetches.see(.marked, of: blob, at: now) == .fetch(byteCount: 9)) }
        #expect(fetches.giveUpAll() == Self.blobs[..<2].sorted())
        #expect(fetches.giveUpAll().isEmpty && fetches.nextLook == nil && !fetches.end(Self.blobs[0]))
    }
}
