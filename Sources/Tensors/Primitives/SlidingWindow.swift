/// How a window slides along one axis: over `dilation` times the elements with holes between them, between `low` and
/// `high` elements of padding (cut off where negative), in steps of `stride`; its own elements are `windowDilation` apart.
package struct SlidingWindow: Hashable, Sendable {
    /// The elements of the axis.
    package var size: Int
    /// The elements of the window.
    package var window: Int
    package var stride = 1
    package var low = 0
    package var high = 0
    /// The distance of neighbouring elements of the axis; what lies between them is a hole.
    package var dilation = 1
    /// The distance of neighbouring elements of the window.
    package var windowDilation = 1

    /// Extents and paddings that are admitted are below this, so that sums of a few need no check.
    package static let limit = 1 << 50
    /// The longest step or distance that is admitted.
    package static let longestStep = 1 << 40

    /// The extent of the axis with its holes.
    package var dilatedSize: Int { Self.dilated(size, by: dilation) }
    /// The extent of the window with its holes.
    package var dilatedWindow: Int { Self.dilated(window, by: windowDilation) }

    /// How many places the window has; nil when an extent is beyond every machine, more is cut off than there is, or the
    /// window has no element.
    package var count: Int? {
        guard window >= 1, [stride, dilation, windowDilation].allSatisfy((1...Self.longestStep).contains),
            max(dilatedSize, dilatedWindow) < Self.limit, max(low.magnitude, high.magnitude) < Self.limit,
            low + dilatedSize + high >= 0
        else { return nil }
        let places = low + dilatedSize + high - dilatedWindow
        return places < 0 ? 0 : places / stride + 1
    }

    /// The extent of `size` elements that are some distance apart; at least `limit` when it overflows.
    package static func dilated(_ size: Int, by distance: Int) -> Int {
        guard size > 0 else { return 0 }
        let (extent, overflow) = (size - 1).multipliedReportingOverflow(by: distance)
        return overflow || extent >= limit ? limit : extent + 1
    }
}
