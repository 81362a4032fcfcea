import Tensors

/// What lies around an image under a window.
public enum ImagePadding: String, CaseIterable, Sendable {
    /// As much as makes ⌈size / stride⌉ places.
    case same
    /// Nothing: the window stays inside.
    case valid

    var window: WindowPadding { self == .same ? .same : .valid }

    /// The places of a window along an axis.
    func places(size: Int, window: Int, stride: Int) -> Int {
        switch self {
        case .same: (size + stride - 1) / stride
        case .valid: size < window ? 0 : (size - window) / stride + 1
        }
    }

    /// The shape of an image after a window.
    ///
    /// - Throws: `LayerError.input` when it is no image, or the window does not fit into it.
    func image(_ input: Shape, window: Int, stride: Int, layer: String) throws(LayerError) -> Shape {
        guard input.rank == 3 else {
            throw .input(
                layer: layer,
                shape: input,
                reason: "it needs images [height, width, channels]; flat rows become images by {image: [28, 28, 1]}"
            )
        }
        let places = input.sizes.prefix(2).map { self.places(size: $0, window: window, stride: stride) }
        guard places.allSatisfy({ $0 > 0 }) else {
            throw .input(
                layer: layer,
                shape: input,
                reason: "its window of \(window) by \(window) does not fit into the image; padding: same makes room"
            )
        }
        return Shape(places + [input[2]])
    }
}
