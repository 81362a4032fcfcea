import CKernels
import Tensors

/// A convolution.
struct ConvolutionStep: Step {
    /// What slides over what.
    struct Description: Sendable {
        var windows: [SlidingWindow]
        var places: [Int]
        /// The images of one group.
        var images: Int
        /// The elements of x at one place.
        var pixel: Int
        /// The channels of one group.
        var channels: Int
        /// The features of all groups.
        var features: Int
        var groups: Int
        var groupsAreOfBatch: Bool

        /// The same as the kernels take it.
        var kernelArgument: troupe_convolution {
            var argument = troupe_convolution()
            argument.images = Int64(images)
            argument.pixel = Int64(pixel)
            argument.channels = Int64(channels)
            argument.features = Int64(features)
            argument.groups = Int64(groups)
            argument.groups_of_batch = groupsAreOfBatch ? 1 : 0
            argument.slide = troupe_window(windows, places: places)
            return argument
        }
    }

    let element: ElementType
    let description: Description
    let x: Location
    let kernel: Location
    let target: Location
    let scratch: Location
    private let argument: troupe_convolution

    init(
        element: ElementType,
        description: Description,
        x: Location,
        kernel: Location,
        target: Location,
        scratch: Location
    ) {
        self.element = element
        self.description = description
        self.x = x
        self.kernel = kernel
        self.target = target
        self.scratch = scratch
        argument = description.kernelArgument
    }

    func run(_ context: RunContext) {
        withUnsafePointer(to: argument) { argument in
            troupe_convolve(
                Int32(element.rawValue),
                argument,
                context.address(x),
                context.address(kernel),
                context.address(target),
                context.address(scratch)
            )
        }
    }
}

/// Where the largest element under a window lies.
struct WindowArgMaxStep: Step {
    let element: ElementType
    let source: Location
    let target: Location
    private let argument: troupe_convolution

    init(element: ElementType, description: ConvolutionStep.Description, source: Location, target: Location) {
        self.element = element
        self.source = source
        self.target = target
        argument = description.kernelArgument
    }

    func run(_ context: RunContext) {
        withUnsafePointer(to: argument) { argument in
            troupe_window_argmax(
                Int32(element.rawValue),
                argument,
                context.address(source),
                context.address(target).assumingMemoryBound(to: Int32.self)
            )
        }
    }
}
