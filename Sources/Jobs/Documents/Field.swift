/// A value in a document that a person or another program wrote, with its place: a tree of mappings, lists and scalars.
///
/// YAML and JSON are both read into this form, so that one set of checks, and one wording of errors, serves both.
package struct Field: Sendable {
    /// Where the value begins.
    package var place: Place
    /// What stands there.
    package var content: Content

    /// What a value may be.
    package indirect enum Content: Sendable {
        /// Nothing: an empty value, `~` or `null`.
        case nothing
        /// A number, a word or a truth value, not in quotes; which of these it is, is decided by what is asked for.
        case plain(String)
        /// A text in quotes, or a block of text.
        case quoted(String)
        /// Values in order.
        case list([Field])
        /// Values by name, in the order of the document, the names distinct.
        case mapping([Entry])
    }

    /// A value with its name.
    package struct Entry: Sendable {
        /// The name.
        package var key: String
        /// Where the name stands.
        package var place: Place
        /// The value.
        package var value: Field

        /// A named value.
        package init(_ key: String, at place: Place, _ value: Field) {
            self.key = key
            self.place = place
            self.value = value
        }
    }

    /// A value at its place.
    package init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
    }

    /// The value as a message names it, such as `the text 'many'` or `a list`.
    package var found: String {
        switch content {
        case .nothing: "nothing"
        case .plain(let word): "'\(Self.shortened(word))'"
        case .quoted(let text): "the text \"\(Self.shortened(text))\""
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    private static func shortened(_ text: String) -> String {
        let line = text.replacing("\n", with: "⏎")
        return line.count > 60 ? line.prefix(57) + "…" : line
    }
}
