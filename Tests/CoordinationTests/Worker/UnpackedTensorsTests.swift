import Tensors
import Testing

@testable import Coordination

@Suite("Tensors that were unpacked lately")
struct UnpackedTensorsTests {
    /// Four kilobytes.
    private func value(_ number: Int) -> TensorValue {
        TensorValue([Float](repeating: Float(number), count: 1000), shape: [1000])
    }

    private func name(_ number: Int) -> Hash { Hash(of: [UInt8(number)]) }

    @Test("are found until others take their room, those that were used last for longest")
    func room() {
        var kept = UnpackedTensors(limit: 12_000)
        for number in 0..<3 { kept.keep(value(number), of: name(number)) }
        for number in 0..<3 { #expect(kept.value(of: name(number)) == value(number)) }
        #expect(kept.value(of: name(0)) != nil)
        kept.keep(value(3), of: name(3))
        #expect(kept.value(of: name(1)) == nil)
        for number in [0, 2, 3] { #expect(kept.value(of: name(number)) == value(number)) }
        kept.keep(value(3), of: name(3))
        #expect(kept.value(of: name(0)) != nil, "what is kept takes no more room")
    }

    @Test("are not kept when they are larger than all the room")
    func large() {
        var kept = UnpackedTensors(limit: 3_999)
        kept.keep(value(0), of: name(0))
        #expect(kept.value(of: name(0)) == nil)
    }
}
