/// Sums of products of a kernel with what lies under it, as it slides over the spatial axes.
///
/// Kernels are not turned round, as usual in networks: it is a cross-correlation. Padding adds nothing to a sum.
///
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - kernel: `[spatial…, channels / groups, features]`, of the same element type.
///   - stride: The step of the kernel along each spatial axis; all 1 if left out.
///   - padding: What lies around x.
///   - inputDilation: The distance of neighbouring elements of x along each spatial axis; all 1 if left out.
///   - kernelDilation: The distance of neighbouring elements of the kernel; all 1 if left out.
///   - groups: Into how many parts channels and features are cut; the g-th part of the features is made of the g-th part
///     of the channels.
///   - batchGroups: Into how many parts batch and features are cut; the g-th part of the features is made of the g-th part
///     of the batch. Not together with `groups`.
/// - Returns: `[batch / batchGroups, places…, features]`
public func convolution(
    _ x: Tensor,
    _ kernel: Tensor,
    stride: [Int]? = nil,
    padding: WindowPadding = .valid,
    inputDilation: [Int]? = nil,
    kernelDilation: [Int]? = nil,
    groups: Int = 1,
    batchGroups: Int = 1
) -> Tensor {
    let rank = x.rank - 2
    guard rank >= 1, kernel.rank == x.rank else {
        return x.invalid(
            Convolution.name,
            with: [kernel],
            because: "takes x [batch, spatial…, channels] and a kernel [spatial…, channels, features]"
        )
    }
    let ones = [Int](repeating: 1, count: rank)
    var primitive = Convolution(
        stride: stride ?? ones,
        low: ones,
        high: ones,
        inputDilation: inputDilation ?? ones,
        kernelDilation: kernelDilation ?? ones,
        featureGroups: groups,
        batchGroups: batchGroups
    )
    let settings = [primitive.stride, primitive.inputDilation, primitive.kernelDilation]
    guard settings.allSatisfy({ $0.count == rank && $0.allSatisfy((1...SlidingWindow.longestStep).contains) }) else {
        return x.invalid(
            Convolution.name,
            with: [kernel],
            because: "strides and dilations must be at least 1, one for each of \(rank) spatial axes"
        )
    }
    let windows = primitive.windows(x.shape, kernel.shape)
    (primitive.low, primitive.high) = padding.edges(
        sizes: windows.map(\.dilatedSize),
        windows: windows.map(\.dilatedWindow),
        strides: primitive.stride
    )
    return Trace.apply(primitive, [x, kernel])[0]
}
