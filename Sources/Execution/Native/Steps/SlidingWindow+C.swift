import CKernels
import Tensors

extension troupe_window {
    /// Windows over some axes, each at so many places.
    init(_ windows: [SlidingWindow], places: [Int]) {
        self.init()
        rank = Int32(windows.count)
        fill(&size, windows.map(\.size))
        fill(&window, windows.map(\.window))
        fill(&self.places, places)
        fill(&stride, windows.map(\.stride))
        fill(&low, windows.map(\.low))
        fill(&dilation, windows.map(\.dilation))
        fill(&window_dilation, windows.map(\.windowDilation))
    }
}

/// Writes numbers into an array of C, which Swift sees as a tuple.
private func fill<Tuple>(_ tuple: inout Tuple, _ numbers: [Int]) {
    withUnsafeMutableBytes(of: &tuple) { bytes in
        let slots = bytes.assumingMemoryBound(to: Int64.self)
        for (slot, number) in zip(slots.indices, numbers) { slots[slot] = Int64(number) }
    }
}
