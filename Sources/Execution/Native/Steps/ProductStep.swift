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
        let (a, b) = (matrices(left, in: context), matrices(right, in: context))
        let c = context.address(target)
        if element == .f64 {
            troupe_product_f64(batch, rows, columns, inner, a, b, c.assumingMemoryBound(to: Double.self))
        } else {
            let room = context.address(scratch).assumingMemoryBound(to: Float.self)
            troupe_product_f32(batch, rows, columns, inner, a, b, c.assumingMemoryBound(to: Float.self), room)
        }
    }

    private func matrices(_ operand: Operand, in context: RunContext) -> troupe_matrices {
        troupe_matrices(
            elements: context.address(operand.location),
            batch: operand.batchStride,
            row: operand.rowStride,
            column: operand.columnStride
        )
    }
}
