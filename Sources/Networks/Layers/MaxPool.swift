public import Tensors

/// The largest number under a square window that slides over an image, for each channel.
public struct MaxPool: Layer {
    /// The height and width of the window.
    public var window: Int
    /// The step of the window along both axes.
    public var stride: Int
    /// What lies around the image.
    public var padding: ImagePadding

    /// Pooling, by default with windows that tile the image.
    ///
    /// - Precondition: all numbers are positive.
    public init(_ window: Int = 2, stride: Int? = nil, padding: ImagePadding = .valid) {
        precondition(window > 0 && stride ?? 1 > 0, "a window has a positive size and step")
        self.window = window
        self.stride = stride ?? window
        self.padding = padding
    }

    init(specification: LayerSpecification) throws(LayerError) {
        try specification.only(["window", "stride", "padding"])
        let window = try specification.integer("window", in: 1...1000, default: 2)
        self.init(
            window,
            stride: try specification.integer("stride", in: 1...1000, default: window),
            padding: try specification.word("padding", default: .valid)
        )
    }

    /// `{max_pool: window}`, with whatever is not the default.
    public var specification: LayerSpecification {
        var specification = LayerSpecification("max_pool", ["window": .init(window)])
        if stride != window { specification.settings["stride"] = .init(stride) }
        if padding != .valid { specification.settings["padding"] = .word(padding.rawValue) }
        return specification
    }

    /// `[height, width, channels] → [rows, columns, channels]`
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        try padding.image(input, window: window, stride: stride, layer: "max_pool")
    }

    /// `[batch, height, width, channels] → [batch, rows, columns, channels]`
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        maxPool(x, window: [window, window], stride: [stride, stride], padding: padding.window)
    }
}
