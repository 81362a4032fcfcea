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
        argument = troupe_window(windows, places: places)
    }

    func run(_ context: RunContext) {
        withUnsafePointer(to: argument) { argument in
            troupe_window_sum(Int32(element.rawValue), argument, context.address(source), context.address(target))
        }
    }
}
