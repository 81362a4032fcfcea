import CDescriptors

/// Keeps connections from taking the last descriptors of this process.
package enum DescriptorWall {
    /// From now on no connection that is accepted gets a descriptor from this number on; it is closed instead.
    ///
    /// A router cuts those that are too many, but hears of them later than the library's thread accepts them; and without
    /// any descriptor the process would be ended by the first part that needs one.
    package static func set(from first: Int) { troupe_wall_off_descriptors(Int32(clamping: first)) }
}
