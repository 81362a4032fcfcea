import Tensors

extension Convolution: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (x, kernel, result) = (operands[0].shape, operands[1].shape, types[0].shape)
        let (numbers, weights) = (operands[0].reals, operands[1].reals)
        let windows = windows(x, kernel)
        let channels = kernel[-2]
        let features = result[-1]
        // Where x and the kernel meet for each place of the result, as distances from the first of a channel.
        let places = Shape(Array(result.sizes.dropFirst().dropLast())).indices
        let taps = channels == 0 ? [] : Shape(Array(kernel.sizes.prefix(spatialRank))).indices
        let meetings = places.map { place in
            taps.compactMap { tap -> (x: Int, kernel: Int)? in
                var (from, weight) = (0, 0)
                for (axis, window) in windows.enumerated() {
                    let position = place[axis] * window.stride - window.low + tap[axis] * window.windowDilation
                    let (element, hole) = position.quotientAndRemainder(dividingBy: window.dilation)
                    guard position >= 0, hole == 0, element < window.size else { return nil }
                    from += element * x.strides[axis + 1]
                    weight += tap[axis] * kernel.strides[axis]
                }
                return (from, weight)
            }
        }
        var sums: [Double] = []
        for batch in 0..<result[0] {
            for meetings in meetings {
                for feature in 0..<features {
                    let group = feature / (features / (featureGroups * batchGroups))
                    let row = batchGroups > 1 ? group * result[0] + batch : batch
                    let first = row * x.strides[0] + (featureGroups > 1 ? group * channels : 0)
                    var sum = 0.0
                    for meeting in meetings {
                        for channel in 0..<channels {
                            let weight = weights[meeting.kernel + channel * features + feature]
                            sum += numbers[first + meeting.x + channel] * weight
                        }
                    }
                    sums.append(sum)
                }
            }
        }
        return [ReferenceTensor(types[0], reals: sums)]
    }
}

extension Shape {
    /// All indices in row-major order.
    var indices: [[Int]] {
        sizes.reduce([[]]) { indices, size in indices.flatMap { index in (0..<size).map { index + [$0] } } }
    }
}
