import CKernels
import Tensors

/// The sums under a window.
struct WindowSumStep: Step {
    private let element: ElementType
    private let source: Location
    private let target: Location
    private let argument: troupe_window

    init(element: ElementType, windows: [SlidingWindow], places: [Int], source: Location, target: Location) {
        self.element = element
        self.source = source
        self.target = target
        var argument = troupe_window()
        argument.rank = Int32(windows.count)
        Self.fill(&argument.size, windows.map(\.size))
        Self.fill(&argument.window, windows.map(\.window))
        Self.fill(&argument.places, places)
        Self.fill(&argument.stride, windows.map(\.stride))
        Self.fill(&argument.low, windows.map(\.low))
        Self.fill(&argument.dilation, windows.map(\.dilation))
        Self.fill(&argument.window_dilation, windows.map(\.windowDilation))
        self.argument = argument
    }

    /// Writes numbers into an array of C, which Swift sees as a tuple.
    private static func fill<Tuple>(_ tuple: inout Tuple, _ numbers: [Int]) {
        withUnsafeMutableBytes(of: &tuple) { bytes in
            let slots = bytes.assumingMemoryBound(to: Int64.self)
            for (slot, number) in zip(slots.indices, numbers) { slots[slot] = Int64(number) }
        }
    }

    func run(_ context: RunContext) {
        withUnsafePointer(to: argument) { argument in
            troupe_window_sum(Int32(element.rawValue), argument, context.address(source), context.address(target))
        }
    }
}
