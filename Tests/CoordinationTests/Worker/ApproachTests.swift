import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("What a worker tells of whom it reaches")
struct ApproachTests {
    @Test("is told once for each trouble, and again after a coordinator has spoken")
    func once() throws {
        let rejections: [Rejection] = [
            .notZeroMQ, .brokenOff, .reset, .closed, .keyNotAdmitted, .mechanism, .wrongServerKey,
        ]
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            let hasKeys = random.oneIn(2)
            var approach = Approach(to: "tcp://10.0.0.7:7077", hasKeys: hasKeys)
            var (told, hasMet): (Set<String>, Bool) = ([], false)
            for _ in 0..<100 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    #expect((approach.disconnect() != nil) == hasMet, "seed \(seed)")
                    approach.connect()
                    hasMet = false
                case 1:
                    approach.meet()
                    if !hasMet { told = [] }
                    hasMet = true
                case 2...4:
                    let sentence = approach.fault(.unknownMessage(number: 99))
                    if hasMet {
                        #expect(sentence?.contains("sent what cannot be accepted") == true, "seed \(seed)")
                    } else if let sentence {
                        #expect(sentence.contains("does not speak as a coordinator does"))
                        #expect(told.insert("tongue").inserted, "seed \(seed)")
                    } else {
                        #expect(told.contains("tongue"), "seed \(seed)")
                    }
                default:
                    let rejection = try #require(rejections.randomElement(using: &random))
                    let trouble =
                        switch rejection {
                        case .notZeroMQ: "tongue"
                        case .brokenOff: "answer"
                        case .reset: "patience"
                        case .closed where !hasKeys: "patience"
                        default: ""
                        }
                    let sentence = approach.reject(rejection)
                    #expect((sentence != nil) == (!trouble.isEmpty && !told.contains(trouble)), "seed \(seed)")
                    if sentence != nil { told.insert(trouble) }
                }
            }
        }
    }
}
