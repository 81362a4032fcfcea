/// The order in which a tensor's elements lie: sizes and distances of its axes, with what can be one axis made one.
struct Layout {
    private(set) var sizes: [Int] = []
    private(set) var strides: [Int] = []

    /// Joins neighbouring axes that lie in one line, and drops those of size 1.
    init(sizes: [Int], strides: [Int]) {
        for (size, stride) in zip(sizes, strides) where size != 1 {
            if let last = self.sizes.indices.last, self.strides[last] == stride * size {
                self.sizes[last] *= size
                self.strides[last] = stride
            } else {
                self.sizes.append(size)
                self.strides.append(stride)
            }
        }
    }

    /// The one distance between neighbours, if there is one.
    var stride: Int? {
        switch sizes.count {
        case 0: 0
        case 1: strides[0]
        default: nil
        }
    }

    /// After how many elements the same ones come again, all the way; nil if they do not.
    var period: Int? {
        guard let outermost = strides.first, outermost == 0 else { return nil }
        return sizes.dropFirst().reduce(1, *)
    }

    /// The elements of the innermost axis.
    var row: Int { sizes.last ?? 1 }

    /// Whether the elements lie one after another.
    var isContiguous: Bool { sizes.isEmpty || (sizes.count == 1 && strides[0] == 1) }
}
