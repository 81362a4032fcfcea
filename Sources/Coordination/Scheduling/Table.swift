/// Records by key, as a dictionary, but all in one place: to look at a part of a large record, or to change it, neither copies
/// nor moves the rest.
struct Table<Key: Hashable, Record> {
    private var places: [Key: Int] = [:]
    private var order: [Key] = []
    private var records: [Record] = []

    /// An empty table.
    init() {}

    var count: Int { order.count }
    var isEmpty: Bool { order.isEmpty }

    /// In the order of `values`, which changes when a record is removed.
    var keys: [Key] { order }
    var values: [Record] { records }

    /// The record of a key; nil when there is none. Setting it to nil removes it.
    subscript(key: Key) -> Record? {
        @inline(__always) get {
            guard let place = places[key] else { return nil }
            return records[place]
        }
        set {
            if let newValue {
                if let place = places[key] { records[place] = newValue } else { insert(newValue, for: key) }
            } else {
                removeValue(forKey: key)
            }
        }
    }

    func contains(_ key: Key) -> Bool { places[key] != nil }

    /// Looks at the record of a key, if there is one, where it lies.
    @inline(__always)
    func look<Result>(_ key: Key, _ body: (Record) -> Result) -> Result? {
        guard let place = places[key] else { return nil }
        return body(records[place])
    }

    /// Changes the record of a key, if there is one, where it lies.
    @inline(__always) @discardableResult
    mutating func update<Result>(_ key: Key, _ body: (inout Record) -> Result) -> Result? {
        guard let place = places[key] else { return nil }
        return body(&records[place])
    }

    /// Adds a record, unless there is one of its key, and changes it.
    @inline(__always)
    mutating func update(_ key: Key, orAdd record: @autoclosure () -> Record, _ body: (inout Record) -> Void) {
        if places[key] == nil { insert(record(), for: key) }
        update(key, body)
    }

    private mutating func insert(_ record: Record, for key: Key) {
        places[key] = records.count
        order.append(key)
        records.append(record)
    }

    /// Removes the record of a key, if there is one. The last one takes its place.
    ///
    /// - Returns: what was removed.
    @discardableResult
    mutating func removeValue(forKey key: Key) -> Record? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        var record = records.removeLast()
        let lastKey = order.removeLast()
        guard place < records.count else { return record }
        // Exchanged, not copied.
        swap(&record, &records[place])
        order[place] = lastKey
        places[lastKey] = place
        return record
    }
}

extension Table: Sendable where Key: Sendable, Record: Sendable {}

extension Table: Sequence {
    /// Goes through keys and records.
    func makeIterator() -> some IteratorProtocol<(key: Key, value: Record)> {
        zip(order, records).lazy.map { (key: $0, value: $1) }.makeIterator()
    }
}
