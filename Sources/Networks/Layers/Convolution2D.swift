public import Tensors

/// A square kernel that slides over an image, and a bias for each of its filters.
public struct Convolution2D: Layer {
    /// The channels that come out.
    public var filters: Int
    /// The height and width of the kernel.
    public var kernel: Int
    /// The step of the kernel along both axes.
    public var stride: Int
    /// What lies around the image.
    public var padding: ImagePadding
    /// Into how many parts channels and filters are cut, each part of the filters seeing its part of the channels alone.
    public var groups: Int

    /// A convolution.
    ///
    /// - Precondition: all numbers are positive, and `groups` divides `filters`.
    public init(
        _ filters: Int,
        kernel: Int = 3,
        stride: Int = 1,
        padding: ImagePadding = .same,
        groups: Int = 1
    ) {
        precondition(min(filters, kernel, stride, groups) > 0, "a convolution has positive sizes")
        precondition(filters.isMultiple(of: groups), "\(groups) groups of \(filters) filters")
        self.filters = filters
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.groups = groups
    }

    init(specification: LayerSpecification) throws(LayerError) {
        try specification.only(["filters", "kernel", "stride", "padding", "groups"])
        let filters = try specification.integer("filters", in: 1...1_000_000)
        let groups = try specification.integer("groups", in: 1...1_000_000, default: 1)
        guard filters.isMultiple(of: groups) else {
            let reason = "is \(groups), and must divide the \(filters) filters"
            throw .setting(layer: "conv", name: "groups", reason: reason)
        }
        self.init(
            filters,
            kernel: try specification.integer("kernel", in: 1...1000, default: 3),
            stride: try specification.integer("stride", in: 1...1000, default: 1),
            padding: try specification.word("padding", default: .same),
            groups: groups
        )
    }

    /// `{conv: filters}`, with whatever is not the default.
    public var specification: LayerSpecification {
        var specification = LayerSpecification("conv", ["filters": .init(filters)])
        if kernel != 3 { specification.settings["kernel"] = .init(kernel) }
        if stride != 1 { specification.settings["stride"] = .init(stride) }
        if padding != .same { specification.settings["padding"] = .word(padding.rawValue) }
        if groups != 1 { specification.settings["groups"] = .init(groups) }
        return specification
    }

    /// `[height, width, channels] → [rows, columns, filters]`
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        let image = try padding.image(input, window: kernel, stride: stride, layer: "conv")
        guard image[2].isMultiple(of: groups) else {
            throw .input(layer: "conv", shape: input, reason: "\(groups) groups must divide the \(image[2]) channels")
        }
        return [image[0], image[1], filters]
    }

    /// `weight [kernel, kernel, channels / groups, filters]` by He's rule, and `bias [filters]` of zeros.
    public func parameters(for input: Shape, key: Key) -> Parameters {
        let weight = Initializer.heNormal([kernel, kernel, input[-1] / groups, filters], key: key["weight"])
        return Parameters(names: ["weight", "bias"], tensors: [weight, weight.filled(0, shape: [filters])])
    }

    /// `[batch, height, width, channels] → [batch, rows, columns, filters]`
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        convolution(x, p["weight"], stride: [stride, stride], padding: padding.window, groups: groups) + p["bias"]
    }
}
