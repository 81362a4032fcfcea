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
        fill(&argument.size, windows.map(\.size))
        fill(&argument.window, windows.map(\.window))
        fill(&argument.places, places)
        fill(&argument.stride, windows.map(\.stride))
        fill(&argument.low, windows.map(\.low))
        fill(&argument.dilation, windows.map(\.dilation))
        fill(&argument.window_dilation, windows.map(\.windowDilation))
        self.argument = argument
    }

    func run(_ context: RunContext) {
        withUnsafePointer(to: argument) { argument in
            troupe_window_sum(Int32(element.rawValue), argument, context.address(source), context.address(target))
        }
    }
}
