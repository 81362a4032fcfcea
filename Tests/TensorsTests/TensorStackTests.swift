import TestSupport
import Testing

@testable import Tensors

@Suite("Tensors of one type as one")
struct TensorStackTests {
    @Test("are what they were when they are taken apart, for each element type and any shape")
    func roundTrip() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            for element in ElementType.allCases {
                let shape = Shape((0..<random.integer(0...3)).map { _ in random.integer(0...3) })
                let type = TensorType(element, shape)
                let tensors = try (0..<random.integer(1...5)).map { _ in
                    let bytes = (0..<type.byteCount).map { _ in
                        UInt8(random.integer(0...(element == .bool ? 1 : 255)))
                    }
                    return try #require(TensorValue(type: type, bytes: bytes))
                }
                let stack = TensorValue(stacking: tensors)
                #expect(stack.type == TensorType(element, Shape([tensors.count] + shape.sizes)))
                #expect(stack.bytes == tensors.flatMap(\.bytes))
                #expect(stack.unstacked == tensors, "seed \(seed), \(type)")
            }
        }
    }
}
