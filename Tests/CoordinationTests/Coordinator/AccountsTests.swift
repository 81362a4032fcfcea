import TestSupport
import Testing

@testable import Coordination
@testable import Wire

@Suite("Accounts")
struct AccountsTests {
    private static let now = Instant(nanoseconds: 0)

    private static func key(_ number: Int) -> PublicKey {
        PublicKey(bytes: Array(repeating: UInt8(truncatingIfNeeded: number), count: 32))
    }

    @Test("are one for each key and one for each worker without a key, whatever comes and goes, and none is left over")
    func conservation() {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            var accounts = Accounts()
            // By peer: whose it is, a key or a number that nobody else has.
            var count = 100
            var owners: [UInt32: Int] = [:]
            var keys: Set<Int> = []
            for _ in 0..<400 {
                let number = UInt32(random.integer(0...30))
                let peer = PeerID(number: number)
                switch random.integer(0...3) {
                case 0 where owners[number] == nil:
                    let key = random.oneIn(2) ? random.integer(1...3) : nil
                    accounts.open(peer, with: key.map(Self.key), at: Self.now)
                    if let key { keys.insert(key) }
                    count += 1
                    owners[number] = key ?? count
                case 1:
                    guard let other = owners.keys.sorted().randomElement(using: &random), owners[number] == nil else {
                        continue
                    }
                    accounts.join(peer, to: PeerID(number: other))
                    owners[number] = owners[other]
                case 2:
                    accounts.close(peer)
                    owners[number] = nil
                default: break
                }
                let strangers = Set(owners.values.filter { $0 >= 100 })
                #expect(accounts.accountCount == keys.count + strangers.count, "seed \(seed)")
                for (number, _) in owners { #expect(accounts.knows(PeerID(number: number)), "seed \(seed)") }
            }
            for number in 0...30 as ClosedRange<UInt32> { accounts.close(PeerID(number: number)) }
            #expect(accounts.accountCount == keys.count, "seed \(seed)")
        }
    }

    @Test("of a key count what all of its connections send, also after they are gone; others are not touched")
    func shared() {
        var accounts = Accounts()
        let peers = (0..<3 as Range<UInt32>).map { PeerID(number: $0) }
        for (peer, key) in zip(peers, [1, 1, 2]) { accounts.open(peer, with: Self.key(key), at: Self.now) }
        var count = 0
        while accounts.spend(1, by: peers[count % 2], at: Self.now) { count += 1 }
        #expect(count == Allowance.reserve)
        accounts.close(peers[0])
        accounts.close(peers[1])
        let next = PeerID(number: 9)
        accounts.open(next, with: Self.key(1), at: Self.now)
        var verdicts = [accounts.spend(1, by: next, at: Self.now)]
        verdicts.append(accounts.spend(Allowance.reserve, by: peers[2], at: Self.now))
        accounts.grant(5, to: next)
        for points in [5, 1] { verdicts.append(accounts.spend(points, by: next, at: Self.now)) }
        #expect(verdicts == [false, true, true, false])
    }

    @Test("have room for so many sessions and slots of a key, and again when some are over")
    func sessions() {
        var accounts = Accounts()
        for number in 0..<UInt32(Accounts.mostSessions) {
            let peer = PeerID(number: number)
            accounts.open(peer, with: Self.key(1), at: Self.now)
            #expect(accounts.excess(of: peer, slots: 1) == nil)
            accounts.begin(peer, slots: 1)
        }
        let late = PeerID(number: .max)
        accounts.open(late, with: Self.key(1), at: Self.now)
        #expect(accounts.excess(of: late, slots: 1) == .sessions)
        accounts.end(PeerID(number: 5), slots: 1)
        accounts.close(PeerID(number: 5))
        #expect(accounts.excess(of: late, slots: 1) == nil)
        let room = Accounts.mostSlots - Accounts.mostSessions + 1
        #expect(accounts.excess(of: late, slots: room) == nil)
        #expect(accounts.excess(of: late, slots: room + 1) == .slots(taken: Accounts.mostSessions - 1))
        let other = PeerID(number: .max - 1)
        accounts.open(other, with: Self.key(2), at: Self.now)
        #expect(accounts.excess(of: other, slots: WireLimits.slots) == nil)
    }
}
