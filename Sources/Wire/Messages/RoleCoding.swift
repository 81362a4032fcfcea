import CProtobuf
package import Tasks

/// Members, features or meta-batches `range` of `count`.
private struct Span: Packable {
    var range: Range<Int>
    var count: Int

    init(_ range: Range<Int>, of count: Int) {
        self.range = range
        self.count = count
    }

    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Members>) { troupe__members__init(cell) }

    func write(to cell: inout Troupe__Members, in arena: inout Arena) throws(WireError) {
        cell.first = try arena.number(range.lowerBound, named: "first")
        cell.end = try arena.number(range.upperBound, named: "end")
        cell.count = try arena.number(count, named: "count")
    }

    init(reading cell: Troupe__Members) throws(WireError) {
        count = try read(cell.count, "count")
        let end = try read(cell.end, "end", in: 0...count)
        range = try read(cell.first, "first", in: 0...end)..<end
    }
}

private struct MetaBatchSpan: Packable {
    var batch: Int
    var tasks: Range<Int>

    init(_ batch: Int, _ tasks: Range<Int>) {
        self.batch = batch
        self.tasks = tasks
    }

    static func initialise(_ cell: UnsafeMutablePointer<Troupe__MetaBatch>) { troupe__meta_batch__init(cell) }

    func write(to cell: inout Troupe__MetaBatch, in arena: inout Arena) throws(WireError) {
        cell.batch = try arena.number(batch, named: "batch")
        cell.first = try arena.number(tasks.lowerBound, named: "first")
        cell.end = try arena.number(tasks.upperBound, named: "end")
    }

    init(reading cell: Troupe__MetaBatch) throws(WireError) {
        batch = try read(cell.batch, "batch")
        let end = try read(cell.end, "end")
        tasks = try read(cell.first, "first", in: 0...end)..<end
    }
}

private struct SearchSpan: Packable {
    var round: Int
    var features: Range<Int>
    var count: Int

    init(_ round: Int, _ features: Range<Int>, of count: Int) {
        self.round = round
        self.features = features
        self.count = count
    }

    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Search>) { troupe__search__init(cell) }

    func write(to cell: inout Troupe__Search, in arena: inout Arena) throws(WireError) {
        cell.round = try arena.number(round, named: "round")
        cell.features = try arena.cell(Span(features, of: count))
    }

    init(reading cell: Troupe__Search) throws(WireError) {
        round = try read(cell.round, "round")
        let span: Span = try read(cell.features, "features")
        features = span.range
        count = span.count
    }
}

extension Role: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Role>) { troupe__role__init(cell) }

    /// Labels are cut to 256 bytes: a role does not change a result.
    func write(to cell: inout Troupe__Role, in arena: inout Arena) throws(WireError) {
        switch self {
        case .bootstrap(let members, let count):
            cell.role_case = TROUPE__ROLE__ROLE_BOOTSTRAP
            cell.bootstrap = try arena.cell(Span(members, of: count))
        case .score(let members, let count):
            cell.role_case = TROUPE__ROLE__ROLE_SCORE
            cell.score = try arena.cell(Span(members, of: count))
        case .round(let round):
            cell.role_case = TROUPE__ROLE__ROLE_ROUND
            cell.round = try arena.number(round, named: "round")
        case .search(let round, let features, let count):
            cell.role_case = TROUPE__ROLE__ROLE_SEARCH
            cell.search = try arena.cell(SearchSpan(round, features, of: count))
        case .metaBatch(let batch, let tasks):
            cell.role_case = TROUPE__ROLE__ROLE_META_BATCH
            cell.meta_batch = try arena.cell(MetaBatchSpan(batch, tasks))
        case .metaBatches(let batches, let count):
            cell.role_case = TROUPE__ROLE__ROLE_META_BATCHES
            cell.meta_batches = try arena.cell(Span(batches, of: count))
        case .head(let name):
            cell.role_case = TROUPE__ROLE__ROLE_HEAD
            cell.head = try arena.string(name.clipped(to: WireLimits.label), named: "head")
        case .named(let name):
            cell.role_case = TROUPE__ROLE__ROLE_NAMED
            cell.named = try arena.string(name.clipped(to: WireLimits.label), named: "named")
        }
    }

    init(reading cell: Troupe__Role) throws(WireError) {
        switch cell.role_case {
        case TROUPE__ROLE__ROLE_BOOTSTRAP:
            let span: Span = try read(cell.bootstrap, "bootstrap")
            self = .bootstrap(members: span.range, of: span.count)
        case TROUPE__ROLE__ROLE_SCORE:
            let span: Span = try read(cell.score, "score")
            self = .score(members: span.range, of: span.count)
        case TROUPE__ROLE__ROLE_ROUND: self = .round(try read(cell.round, "round"))
        case TROUPE__ROLE__ROLE_SEARCH:
            let span: SearchSpan = try read(cell.search, "search")
            self = .search(round: span.round, features: span.features, of: span.count)
        case TROUPE__ROLE__ROLE_META_BATCH:
            let span: MetaBatchSpan = try read(cell.meta_batch, "meta_batch")
            self = .metaBatch(span.batch, tasks: span.tasks)
        case TROUPE__ROLE__ROLE_META_BATCHES:
            let span: Span = try read(cell.meta_batches, "meta_batches")
            self = .metaBatches(span.range, of: span.count)
        case TROUPE__ROLE__ROLE_HEAD: self = .head(try read(cell.head, "head", atMost: WireLimits.label))
        case TROUPE__ROLE__ROLE_NAMED: self = .named(try read(cell.named, "named", atMost: WireLimits.label))
        default: throw .field("", "is none that is known")
        }
    }
}

extension Role {
    /// Makes sure that it can travel.
    ///
    /// - Throws: `WireError` that names the field of an assignment.
    package func checkEncodable() throws(WireError) {
        switch self {
        // A label is cut so that it always can.
        case .head, .named: return
        default: break
        }
        do throws(WireError) {
            var arena = Arena()
            _ = try Role(reading: arena.cell(self).pointee)
        } catch {
            throw error.inside("assignment.role")
        }
    }
}
