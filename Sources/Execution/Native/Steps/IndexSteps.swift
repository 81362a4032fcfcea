import CKernels
import Tensors

/// Slices by index.
struct GatherStep: Step {
    let source: Location
    let indices: Location
    let target: Location
    let batch: Int
    let rows: Int
    let indexCount: Int
    let sliceByteCount: Int

    func run(_ context: RunContext) {
        troupe_gather(
            context.address(target),
            context.address(source),
            context.address(indices).assumingMemoryBound(to: Int32.self),
            batch,
            rows,
            indexCount,
            sliceByteCount
        )
    }
}

/// Slices added by index, onto what lies at the target already.
struct ScatterAddStep: Step {
    let element: ElementType
    let target: Location
    let indices: Location
    let updates: Location
    let batch: Int
    let rows: Int
    let indexCount: Int
    let slice: Int

    func run(_ context: RunContext) {
        troupe_scatter_add(
            Int32(element.rawValue),
            context.address(target),
            context.address(indices).assumingMemoryBound(to: Int32.self),
            context.address(updates),
            batch,
            rows,
            indexCount,
            slice
        )
    }
}

/// Rows put in the order of their keys; all operands lie as `[rows, length]`.
struct SortStep: Step {
    struct Operand: Sendable {
        var source: Location
        var target: Location
        var elementByteCount: Int
    }

    let keyElement: ElementType
    let operands: [Operand]
    let order: Location
    let scratch: Location
    let rows: Int
    let length: Int

    func run(_ context: RunContext) {
        let order = context.address(order).assumingMemoryBound(to: UInt32.self)
        let scratch = context.address(scratch).assumingMemoryBound(to: UInt64.self)
        for row in 0..<rows {
            let keys = context.address(operands[0].source) + row * length * keyElement.byteCount
            troupe_sort_order(Int32(keyElement.rawValue), order, keys, length, scratch)
            for operand in operands {
                let start = row * length * operand.elementByteCount
                troupe_gather(
                    context.address(operand.target) + start,
                    context.address(operand.source) + start,
                    UnsafeRawPointer(order).assumingMemoryBound(to: Int32.self),
                    1,
                    length,
                    length,
                    operand.elementByteCount
                )
            }
        }
    }
}

/// Random words, a row for each key.
struct RandomStep: Step {
    let keys: Location
    let counters: Location
    let target: Location
    let rows: Int
    let count: Int

    func run(_ context: RunContext) {
        let keys = context.address(keys).assumingMemoryBound(to: UInt32.self)
        let counters = context.address(counters).assumingMemoryBound(to: UInt32.self)
        let target = context.address(target).assumingMemoryBound(to: UInt32.self)
        for row in 0..<rows {
            troupe_random_bits(target + row * count, keys + 2 * row, counters + 4 * row, count)
        }
    }
}
