/// Random words from a key and a counter. (in place of StableHLO's `rng_bit_generator`)
///
/// Philox 4x32-10: block b has the counter with b added to its first two words, taken as one 64-bit number, the low word
/// first; element i is word i mod 4 of block i div 4. Operands: the key `u32[lanes…, 2]` and the counter
/// `u32[lanes…, 4]`; result `u32[lanes…, count]`.
package struct RandomBits: Discrete {
    package static let name = "random_bits"
    package let count: Int
    package init(count: Int) { self.count = count }

    package var attributes: [Attribute] { [Attribute("count", count)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["count"])
        self.init(count: try reader.integer("count", in: 0...(1 << 40)))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands.allSatisfy({ $0.element == .u32 && $0.shape.rank >= 1 }),
            operands[0].shape[-1] == 2, operands[1].shape[-1] == 4,
            operands[0].shape.sizes.dropLast() == operands[1].shape.sizes.dropLast()
        else {
            throw ShapeError(Self.name, operands, "takes a key u32[…, 2] and a counter u32[…, 4]")
        }
        return [TensorType(.u32, Shape(operands[0].shape.sizes.dropLast() + [count]))]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(self, operands.map { $0.spread(over: lanes) }).map { Batched($0, hasLanes: true) }
    }
}
