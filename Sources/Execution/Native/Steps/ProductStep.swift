import CKernels
import Tensors

/// Matrix products, one for each index of the batch axes.
struct ProductStep: Step {
    struct Operand: Sendable {
        var location: Location
        var batchStride: Int
        var rowStride: Int
        var columnStride: Int
    }

    let element: ElementType
    let left: Operand
    let right: Operand
    let target: Location
    let scratch: Location
    let batch: Int
    let rows: Int
    let columns: Int
    let inner: Int

    func run(_ context: RunContext) {
        let (a, b, c) = (context.address(left.location), context.address(right.location), context.address(target))
        if element == .f64 {
            let (a, b) = (a.assumingMemoryBound(to: Double.self), b.assumingMemoryBound(to: Double.self))
            let c = c.assumingMemoryBound(to: Double.self)
            for index in 0..<batch {
                troupe_product_f64(
                    rows,
                    columns,
                    inner,
                    a + index * left.batchStride,
                    left.rowStride,
                    left.columnStride,
                    b + index * right.batchStride,
                    right.rowStride,
                    right.columnStride,
                    c + index * rows * columns,
                    columns
                )
            }
        } else {
            let (a, b) = (a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self))
            let c = c.assumingMemoryBound(to: Float.self)
            let room = context.address(scratch).assumingMemoryBound(to: Float.self)
            for index in 0..<batch {
                troupe_product_f32(
                    rows,
                    columns,
                    inner,
                    a + index * left.batchStride,
                    left.rowStride,
                    left.columnStride,
                    b + index * right.batchStride,
                    right.rowStride,
                    right.columnStride,
                    c + index * rows * columns,
                    columns,
                    room
                )
            }
        }
    }
}
