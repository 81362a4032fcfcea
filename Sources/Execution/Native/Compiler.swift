import CKernels
import Tensors

/// Turns a function into steps over planned memory.
///
/// Element-wise nodes of one shape that can run together become one block program; repetitions are read where they lie
/// instead of being written; reshapes cost nothing. None of this changes a bit.
struct Compiler {
    /// What is done at one position.
    enum Item {
        case chain([Int], reductions: [Int])  // element-wise nodes, and what is made of their results
        case node(Int)
        case written(Int)  // a repetition that somebody needs in memory
    }

    let function: Function
    let resources: Resources
    /// How many loops are around.
    let depth: Int
    let firsts: [Int]
    private let producers: [Int?]
    private(set) var roots: [Int]
    private(set) var items: [Item] = []
    private(set) var positions: [Int]
    private var isWritten: [Bool]
    var locations: [Location?]
    private(set) var lastUses: [Int]
    var owned: Set<Int> = []
    private(set) var isArranged = false

    private static let longestChain = 64

    init(_ function: Function, resources: Resources, depth: Int) {
        self.function = function
        self.resources = resources
        self.depth = depth
        firsts = function.firstResults
        var producers = [Int?](repeating: nil, count: function.types.count)
        for (index, node) in function.nodes.enumerated() {
            for offset in node.results.indices { producers[firsts[index] + offset] = index }
        }
        self.producers = producers
        roots = Array(function.types.indices)
        positions = [Int](repeating: -1, count: function.types.count)
        isWritten = [Bool](repeating: true, count: function.types.count)
        locations = [Location?](repeating: nil, count: function.types.count)
        lastUses = [Int](repeating: -1, count: function.types.count)
    }

    /// The steps of the function.
    ///
    /// - Parameters:
    ///   - parameters: Where its parameters lie.
    ///   - wishes: For each result, where it should be put if it is computed here; nil where that does not matter.
    /// - Returns: the steps, where each result lies after them, and the memory that was taken for results.
    /// - Throws: `ExecutionError` when a limit is broken or a primitive has no kernel.
    mutating func compile(
        parameters: [Location],
        wishes: [Location?]
    ) throws(ExecutionError) -> (steps: [any Step], results: [Location], kept: [Int]) {
        for (value, location) in parameters.enumerated() { locations[value] = location }
        if !isArranged { try arrange() }
        grantWishes(wishes)
        var steps: [any Step] = []
        for position in items.indices { steps += try emit(position) }
        var results: [Location] = []
        for result in function.results {
            guard let location = locations[roots[result]] else { preconditionFailure("every result has a place") }
            results.append(location)
        }
        let kept = owned.filter { lastUses[$0] == .max }.compactMap { locations[$0]?.offset }
        return (steps, results, kept.sorted())
    }

    // MARK: Arranging

    func type(_ value: Int) -> TensorType { function.types[value] }

    /// What a value repeats: its source, which may lie in memory under other axes, and the strides to read that with.
    func broadcast(of value: Int) -> (source: Int, sizes: [Int], strides: [Int])? {
        guard let producer = producers[value],
            let primitive = function.nodes[producer].primitive as? BroadcastInDim
        else { return nil }
        let operand = function.nodes[producer].operands[0]
        return (roots[operand], primitive.shape.sizes, primitive.strides(from: type(operand).shape))
    }

    /// Decides what runs when.
    mutating func arrange() throws(ExecutionError) {
        isArranged = true
        var chains: [Int] = []
        for (index, node) in function.nodes.enumerated() {
            let first = firsts[index]
            switch node.primitive {
            case let constant as Constant:
                try admitConstant(constant.type)
                locations[first] = resources.constant(constant.bytes)
            case let iota as Iota:
                try admitConstant(iota.type)
                locations[first] = resources.constant(iota.elements)
            case is Reshape, is StopGradient:
                let source = write(node.operands[0])
                roots[first] = source
                positions[first] = positions[source]
            case is BroadcastInDim:
                isWritten[first] = false
                positions[first] = positions[write(node.operands[0])]
            default:
                if ElementwiseOperation(node.primitive, operands: node.operands.map(type)) != nil {
                    place(index, among: &chains)
                } else if let position = chainToReduce(by: index),
                    case .chain(let members, let others) = items[position]
                {
                    items[position] = .chain(members, reductions: others + [index])
                    positions[first] = position
                } else {
                    for place in node.operands.indices where shared(place, of: node) == nil {
                        _ = write(node.operands[place])
                    }
                    items.append(.node(index))
                    for offset in node.results.indices { positions[first + offset] = items.count - 1 }
                }
            }
        }
        for result in function.results { _ = write(result) }
        for (position, item) in items.enumerated() {
            for value in reads(of: item) { lastUses[value] = max(lastUses[value], position) }
            for value in writes(of: item) { lastUses[value] = max(lastUses[value], position) }
        }
        for result in function.results { lastUses[roots[result]] = .max }
    }

    /// A product's factor that is the same for its whole batch, and so is read where its source lies: what it repeats, and
    /// the strides to read that with.
    private func shared(_ operand: Int, of node: Node) -> (source: Int, strides: [Int])? {
        guard let product = node.primitive as? DotGeneral,
            let (source, sizes, strides) = broadcast(of: roots[node.operands[operand]])
        else { return nil }
        // A reshape of what is repeated may lie there, whose axes are others.
        guard sizes == type(node.operands[operand]).shape.sizes else { return nil }
        let batch = operand == 0 ? product.leftBatch : product.rightBatch
        let isShared = sizes.indices.allSatisfy { sizes[$0] == 1 || batch.contains($0) == (strides[$0] == 0) }
        return isShared ? (source, strides) : nil
    }

    /// Makes sure that a value lies in memory.
    private mutating func write(_ value: Int) -> Int {
        let root = roots[value]
        guard !isWritten[root] else { return root }
        isWritten[root] = true
        if let elements = repeatedConstant(root) {
            locations[root] = resources.constant(elements)
            return root
        }
        items.append(.written(root))
        positions[root] = items.count - 1
        return root
    }

    /// The elements of a constant's repetition, if they are so few that they are laid out once and for all.
    private func repeatedConstant(_ value: Int) -> [UInt8]? {
        guard let producer = producers[value], type(value).byteCount <= Self.mostRepeatedBytes,
            let repetition = function.nodes[producer].primitive as? BroadcastInDim,
            let source = producers[function.nodes[producer].operands[0]],
            let constant = function.nodes[source].primitive as? Constant
        else { return nil }
        return repetition.elements(of: constant)
    }

    private static let mostRepeatedBytes = 4096

    /// Puts an element-wise node into the latest chain of its shape that it can join, or begins one.
    private mutating func place(_ index: Int, among chains: inout [Int]) {
        let node = function.nodes[index]
        let shape = node.results[0].shape
        for position in chains.reversed().prefix(8) {
            guard case .chain(let members, let reductions) = items[position],
                members.count < (resources.options.contains(.elementwiseFusion) ? Self.longestChain : 1),
                function.nodes[members[0]].results[0].shape == shape
            else { continue }
            let isReady = node.operands.allSatisfy { operand in
                // A repetition is read where its source lies, which the chain itself must not be about to write.
                if let (source, _, _) = broadcast(of: roots[operand]) { return positions[source] < position }
                return positions[roots[operand]] <= position
            }
            guard isReady else { continue }
            items[position] = .chain(members + [index], reductions: reductions)
            positions[firsts[index]] = position
            return
        }
        items.append(.chain([index], reductions: []))
        chains.append(items.count - 1)
        positions[firsts[index]] = items.count - 1
    }

    /// The chain that computes what a node reduces, if it can do that too: the groups that go together are so small that a
    /// block holds whole ones.
    private func chainToReduce(by index: Int) -> Int? {
        let node = function.nodes[index]
        guard resources.options.contains(.reductionFusion), node.results[0].shape.count > 0,
            let reduction = reduction(index), reduction.reduced > 1
        else { return nil }
        let root = roots[node.operands[0]]
        guard positions[root] >= 0, case .chain(let members, let others) = items[positions[root]],
            members.contains(where: { firsts[$0] == root })
        else { return nil }
        let groups = (others + [index]).compactMap { self.reduction($0) }.map { $0.reduced * $0.inner }
        guard BlockBuilder.commonMultiple(of: groups, atMost: Int(TROUPE_BLOCK)) != nil else { return nil }
        return positions[root]
    }

    /// The kernel and groups of a node that combines neighbouring axes; nil for any other.
    private func reduction(_ index: Int) -> (kernel: troupe_reduction, reduced: Int, inner: Int)? {
        let node = function.nodes[index]
        let kernel: troupe_reduction
        switch node.primitive {
        case is ReduceSum: kernel = TROUPE_REDUCE_SUM
        case is ReduceProduct: kernel = TROUPE_REDUCE_PRODUCT
        case is ReduceMaximum: kernel = TROUPE_REDUCE_MAXIMUM
        case is ReduceMinimum: kernel = TROUPE_REDUCE_MINIMUM
        default: return nil
        }
        guard let axes = (node.primitive as? any Reduction)?.dimensions, let first = axes.first,
            axes == Array(first..<(first + axes.count))
        else { return nil }
        let sizes = type(node.operands[0]).shape.sizes
        let inner = sizes.dropFirst(first + axes.count).reduce(1, *)
        return (kernel, axes.map { sizes[$0] }.reduce(1, *), inner)
    }

    /// The values in memory that an item reads, those it computes itself excepted.
    private func reads(of item: Item) -> [Int] {
        switch item {
        case .node(let index):
            let node = function.nodes[index]
            return node.operands.indices.map { shared($0, of: node)?.source ?? roots[node.operands[$0]] }
        case .written(let value): return broadcast(of: value).map { [$0.source] } ?? []
        case .chain(let members, _):
            let own = Set(members.map { firsts[$0] })
            return members.flatMap { function.nodes[$0].operands }.compactMap { operand in
                let root = roots[operand]
                if own.contains(root) { return nil }
                return broadcast(of: root)?.source ?? root
            }
        }
    }

    private func writes(of item: Item) -> [Int] {
        switch item {
        case .node(let index):
            return function.nodes[index].results.indices.map { firsts[index] + $0 }
        case .written(let value): return [value]
        case .chain(let members, let reductions): return (members + reductions).map { firsts[$0] }
        }
    }

    /// Gives results the places that their reader wishes, each place and each value once.
    private mutating func grantWishes(_ wishes: [Location?]) {
        for (result, wish) in zip(function.results, wishes) {
            let root = roots[result]
            guard let wish, locations[root] == nil, positions[root] >= 0 else { continue }
            locations[root] = wish
        }
    }

    // MARK: Emitting

    private func tooLarge(_ type: TensorType) -> ExecutionError {
        .limit("a tensor of type \(type) needs \(type.byteCount) bytes, and \(resources.memoryLimit) are allowed")
    }

    /// Constants are laid out while compiling: refuses before that what will not fit.
    private func admitConstant(_ type: TensorType) throws(ExecutionError) {
        let total = resources.constants.count + type.byteCount
        guard total <= resources.memoryLimit else {
            throw .limit("constants need \(total) bytes, and \(resources.memoryLimit) are allowed")
        }
    }

    private func place(of value: Int) -> Location {
        guard let location = locations[roots[value]] else { preconditionFailure("value \(value) has no place yet") }
        return location
    }

    private func taken(_ byteCount: Int) -> Location {
        Location(base: Location.arenaBase, offset: resources.arena.allocate(byteCount))
    }

    /// Emits an item: takes memory for what it writes, and gives back what nobody reads any more.
    private mutating func emit(_ position: Int) throws(ExecutionError) -> [any Step] {
        let item = items[position]
        let number = outlined(item)
        var internalValues: Set<Int> = []
        if case .chain(let members, _) = item {
            // What only the chain itself reads stays in registers.
            internalValues = Set(members.map { firsts[$0] }.filter { lastUses[$0] == position })
            if resources.options.contains(.updatesInPlace) {
                reuseOperands(of: members, at: position, except: internalValues)
            }
        }
        for value in writes(of: item) where locations[value] == nil && !internalValues.contains(value) {
            guard type(value).byteCount <= resources.memoryLimit else { throw tooLarge(type(value)) }
            locations[value] = taken(type(value).byteCount)
            owned.insert(value)
        }
        guard resources.arena.byteCount <= resources.memoryLimit else {
            let name = name(of: item)
            throw .limit(
                "\(name): buffers need \(resources.arena.byteCount) bytes, and \(resources.memoryLimit) are allowed"
            )
        }
        let steps: [any Step]
        switch item {
        case .chain(let members, let reductions): steps = [chain(members, reductions, registers: internalValues)]
        case .written(let value): steps = [written(value)]
        case .node(let index): steps = try node(index)
        }
        for value in Set(reads(of: item) + writes(of: item)).sorted() where lastUses[value] == position {
            if owned.contains(value), let location = locations[value] { resources.arena.free(location.offset) }
        }
        guard let number, let outline = resources.outline else { return steps }
        return outline.timed(steps, as: number)
    }

    /// What computes an item's results, and their type; passes have given nodes other numbers than the program's.
    private func name(of item: Item) -> String {
        let (index, type) =
            switch item {
            case .chain(let members, _): (members[0], function.nodes[members[0]].results.first)
            case .node(let index): (index, function.nodes[index].results.first)
            case .written(let value): (producers[value] ?? 0, type(value))
            }
        return "the node that makes \(type.map(\.description) ?? "nothing") by \(function.nodes[index].primitive.name)"
    }

    /// Tells what is about to be emitted to whoever wants to see it.
    private func outlined(_ item: Item) -> Int? {
        guard let outline = resources.outline else { return nil }
        let number: Int
        switch item {
        case .chain(let members, let reductions):
            let names = (members + reductions).map { function.nodes[$0].primitive.name }
            let distinct = names.enumerated().filter { !names[..<$0].contains($1) }.map(\.element)
            let counts = distinct.map { name in "\(name) \(names.count { $0 == name })" }
            let types = function.nodes[members[0]].results[0].description
            number = outline.begin(counts.joined(separator: ", "), types: types, depth: depth)
        case .node(let index): number = outline.begin(function.nodes[index], of: function, depth: depth)
        case .written(let value):
            guard let producer = producers[value] else { preconditionFailure("repetitions are computed") }
            number = outline.begin(function.nodes[producer], of: function, depth: depth)
        }
        resources.arena.item = number
        return number
    }

    /// A repetition, written out.
    private func written(_ value: Int) -> any Step {
        guard let (source, sizes, strides) = broadcast(of: value) else {
            preconditionFailure("only repetitions are left")
        }
        return CopyStep(
            from: place(of: source),
            to: place(of: value),
            sizes: sizes,
            sourceStrides: strides,
            targetStrides: type(value).shape.strides,
            elementByteCount: type(value).element.byteCount
        )
    }

    private func chain(_ members: [Int], _ reductions: [Int], registers internalValues: Set<Int>) -> any Step {
        var builder = BlockBuilder()
        for member in members {
            let node = function.nodes[member]
            let operands = node.operands.map { operand -> Int in
                let root = roots[operand]
                if let (source, sizes, strides) = broadcast(of: root) {
                    return builder.repeated(
                        root,
                        at: place(of: source),
                        type: type(root),
                        layout: Layout(sizes: sizes, strides: strides)
                    )
                }
                return internalValues.contains(root)
                    ? builder.register(root, type: type(root))
                    : builder.memory(root, at: place(of: root), type: type(root))
            }
            let result = firsts[member]
            let slot =
                internalValues.contains(result)
                ? builder.register(result, type: type(result))
                : builder.memory(result, at: place(of: result), type: type(result))
            guard let operation = ElementwiseOperation(node.primitive, operands: node.operands.map(type)) else {
                preconditionFailure("\(node.primitive.name) is not element-wise")
            }
            builder.append(operation, operands: operands, result: slot)
        }
        for index in reductions {
            let root = roots[function.nodes[index].operands[0]]
            guard let reduction = reduction(index) else { preconditionFailure("what joined the chain can be reduced") }
            builder.append(
                BlockStep.Reduction(
                    kernel: reduction.kernel,
                    element: type(root).element,
                    slot: internalValues.contains(root)
                        ? builder.register(root, type: type(root))
                        : builder.memory(root, at: place(of: root), type: type(root)),
                    target: place(of: firsts[index]),
                    reduced: reduction.reduced,
                    inner: reduction.inner
                )
            )
        }
        let block = builder.finished(
            count: function.nodes[members[0]].results[0].shape.count,
            joinsPairs: resources.options.contains(.operationPairs)
        )
        resources.registerByteCount = max(resources.registerByteCount, block.registerByteCount)
        resources.slotCount = max(resources.slotCount, builder.slots.count)
        return block.step
    }

    private func node(_ index: Int) throws(ExecutionError) -> [any Step] {
        let node = function.nodes[index]
        // Nothing is to be computed, however many times; sizes along other axes may be beyond any loop.
        guard node.results.contains(where: { $0.shape.count > 0 }) else { return [] }
        let operands = node.operands.indices.map { number in
            let value = node.operands[number]
            guard let (source, strides) = shared(number, of: node) else {
                return Emission.Operand(location: place(of: value), type: type(value))
            }
            return Emission.Operand(location: place(of: source), type: type(value), strides: strides)
        }
        let results = node.results.indices.map {
            Emission.Operand(location: place(of: firsts[index] + $0), type: node.results[$0])
        }
        var emission = Emission(resources: resources, depth: depth)
        defer { emission.releaseScratch() }
        return try emission.steps(of: node.primitive, operands: operands, results: results)
    }
}
