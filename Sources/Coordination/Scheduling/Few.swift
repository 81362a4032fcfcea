/// A few values in order, mostly one or none. The first lies in place, where an array would take memory of its own.
struct Few<Element> {
    private var head: Element?
    private var tail: [Element] = []

    /// None.
    init() {}

    mutating func append(_ element: Element) {
        if head == nil { head = element } else { tail.append(element) }
    }

    mutating func remove(at index: Int) -> Element {
        guard index == 0 else { return tail.remove(at: index - 1) }
        guard let first = head else { preconditionFailure("there is nothing at this place") }
        head = tail.isEmpty ? nil : tail.removeFirst()
        return first
    }

    mutating func removeAll(where isGone: (Element) -> Bool) {
        if !tail.isEmpty { tail.removeAll(where: isGone) }
        guard let first = head, isGone(first) else { return }
        head = tail.isEmpty ? nil : tail.removeFirst()
    }
}

extension Few: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { head == nil ? 0 : 1 + tail.count }

    subscript(index: Int) -> Element {
        get {
            guard index == 0 else { return tail[index - 1] }
            guard let head else { preconditionFailure("there is nothing at this place") }
            return head
        }
        set {
            if index > 0 { tail[index - 1] = newValue } else { head = newValue }
        }
    }
}

extension Few: ExpressibleByArrayLiteral {
    init(arrayLiteral elements: Element...) {
        self.init()
        for element in elements { append(element) }
    }
}

extension Few: Equatable where Element: Equatable {}
extension Few: Sendable where Element: Sendable {}
