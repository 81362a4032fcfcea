import TestSupport
import Testing

@testable import Wire

@Suite("Requests for admission")
struct AdmissionRequestTests {
    private static let key = PublicKey(bytes: Array(0..<32))
    private static let list = AllowList([key: "gpu-1"])

    private static func frames(key: [UInt8] = Array(0..<32)) -> [[UInt8]] {
        [Array("1.0".utf8), [7, 8], Array("troupe".utf8), Array("192.0.2.7".utf8), [], Array("CURVE".utf8), key]
    }

    @Test("a listed key is admitted under its own name")
    func admitted() {
        let request = AdmissionRequest(Self.frames())
        let verdict = request.verdict(by: Self.list)
        #expect(verdict == .admitted(Self.key))
        #expect(request.address == "192.0.2.7")
        let texts = request.answer(verdict).map { String(decoding: $0, as: UTF8.self) }
        #expect(texts == ["1.0", "\u{7}\u{8}", "200", "", "\(Self.key)", ""])
    }

    @Test("an unlisted key, and everybody by an empty list, is refused without a name")
    func refused() {
        for list in [AllowList(), AllowList([PublicKey(bytes: Array(1..<33)): "other"])] {
            let request = AdmissionRequest(Self.frames())
            let verdict = request.verdict(by: list)
            #expect(verdict == .unlisted(Self.key))
            #expect(request.answer(verdict)[2] == Array("400".utf8))
            #expect(request.answer(verdict)[4].isEmpty)
        }
    }

    @Test("a question of another kind is refused, whatever it is")
    func unknown() {
        for index in [0, 2, 5, 6] {
            var frames = Self.frames()
            frames[index] += [1]
            #expect(AdmissionRequest(frames).verdict(by: Self.list) == .unknown, "frame \(index)")
        }
        for count in 0..<7 {
            let request = AdmissionRequest(Array(Self.frames().prefix(count)))
            #expect(request.verdict(by: Self.list) == .unknown)
            #expect(request.answer(.unknown)[2] == Array("400".utf8))
        }
        #expect(AdmissionRequest(Self.frames() + [[1]]).verdict(by: Self.list) == .unknown)
        for seed in 0..<500 as Range<UInt64> {
            var random = Seeded(seed)
            let frames = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            #expect(AdmissionRequest(frames).verdict(by: Self.list) == .unknown)
        }
    }
}
