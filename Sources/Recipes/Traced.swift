/// What the variants of a task run, each traced once however many tasks run it.
struct Traced<Variant: Hashable, Content> {
    private var contents: [Variant: Content] = [:]

    /// Traces each variant.
    ///
    /// - Throws: what tracing throws.
    init(_ variants: some Sequence<Variant>, trace: (Variant) throws -> Content) rethrows {
        for variant in variants where contents[variant] == nil { contents[variant] = try trace(variant) }
    }

    /// - Precondition: it was traced.
    subscript(variant: Variant) -> Content {
        guard let content = contents[variant] else { preconditionFailure("it was traced") }
        return content
    }
}

extension Traced: Sendable where Variant: Sendable, Content: Sendable {}
