import Networks
import Tensors

/// How many weights a network of a job has, and what to say when they are too many.
package struct NetworkSize: Sendable, Hashable {
    /// The weights of all layers.
    package let weights: Int
    private let place: Place
    private let largest: String

    /// The largest model that there may be, in bytes of its weights; no larger one is read.
    static let mostBytes = 8 << 30

    /// The size of a network for examples of a shape.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    init(of model: Sequential, for example: Shape, at place: Place) throws {
        self.place = place
        let counts = try model.weightCounts(for: example)
        let largest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        let layer = model.specifications[largest].canonical.description
            .replacing("\"", with: "").replacing(":", with: ": ")
        self.largest = "The most are in layer \(largest + 1), \(layer): \(counts[largest].grouped)."
        weights = counts.reduce(0) { sum, count in
            let (next, overflows) = sum.addingReportingOverflow(count)
            return overflows ? .max : next
        }
    }

    /// The bytes of so many such networks, or the most that can be said.
    package func byteCount(networks: Int) -> Int {
        let (count, overflows) = weights.multipliedReportingOverflow(by: 4 * networks)
        return overflows ? .max : count
    }

    /// Refuses networks that make a model which nobody could read.
    ///
    /// - Parameter members: How many of them are kept.
    /// - Throws: `DocumentError.refused`.
    func checkFits(members: Int = 1) throws(DocumentError) {
        guard byteCount(networks: members) > Self.mostBytes else { return }
        let many = members == 1 ? "the network has" : "\(members) networks have"
        throw .refused(
            place,
            """
            \(many) \(byteCount(networks: members).asBytes) of weights, and a model may have \(Self.mostBytes.asBytes) of them. \
            \(largest) Make it smaller\(members == 1 ? "" : ", or train fewer members").
            """
        )
    }

    /// Why a task that trains such networks, some side by side, does not fit into memory.
    package func refusal(task name: String, sideBySide count: Int, because reason: String) -> DocumentError {
        .refused(
            place,
            """
            a task '\(name)' of this network does not fit into the memory of this machine: \(reason). \(largest) Make \
            it smaller\(count == 1 ? "" : ", or train fewer than \(count) side by side").
            """
        )
    }
}

extension Int {
    /// As `1,234,567`; a number that was cut off at the largest as just that.
    fileprivate var grouped: String {
        guard self < .max else { return "more than can be counted" }
        let digits = Array(String(self))
        return digits.indices.reduce(into: "") { text, index in
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digits[index])
        }
    }

    /// As `17.7 GiB`, in the largest unit of which there is one.
    fileprivate var asBytes: String {
        guard self < .max else { return "more bytes than can be counted" }
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        let power = units.indices.last { self >> (10 * $0) > 0 } ?? 0
        let tenths = power == 0 ? self * 10 : Int((Double(self) / Double(1 << (10 * power)) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[power])" : "\(tenths / 10).\(tenths % 10) \(units[power])"
    }
}
