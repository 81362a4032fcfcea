import Tasks
import Tensors
import TestSupport
import Wire

@testable import Coordination

/// What a recipe has asked for and not been given, and what it holds.
struct Demand {
    /// Those who wait for tasks.
    var waiters: [Hash: Int] = [:]
    /// Those who wait for the bytes of blobs.
    var wanted: [Hash: Int] = [:]
    /// Handles of blobs.
    var handles: [Hash: Int] = [:]
    var types: [Hash: TensorType] = [:]

    var isMet: Bool { waiters.isEmpty && wanted.isEmpty }

    mutating func hold(_ tensor: TensorBlob, times: Int = 1) {
        handles[tensor.name, default: 0] += times
        types[tensor.name] = tensor.type
    }
}

/// The recipe's side: what it wishes, and what must hold of what it gets.
extension World {
    mutating func submitSomething() {
        if random.oneIn(6), let old = specifications.randomElement(using: &random) { return submitAgain(old) }
        var inputs: [TensorBlob] = []
        var given: [Hash] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let handles = demand.handles.keys.sorted()
            if let name = handles.randomElement(using: &random), let type = demand.types[name], !random.oneIn(3) {
                inputs.append(TensorBlob(name: name, type: type))
            } else {
                let value = Truth.value(Int.random(in: 0..<6, using: &random))
                sizes[value.name] = value.byteCount
                inputs.append(value)
                given.append(value.name)
            }
        }
        let program = Truth.program(Int.random(in: 0..<30, using: &random))
        let task = Hash.ofTask(program: program.hash, inputs: inputs.map(\.name))
        let specification = TaskSpecification(
            task: task,
            role: .named("task"),
            program: program,
            inputs: inputs,
            outputs: Truth.outputs(of: task, inputs: inputs).map(\.type),
            keeping: task.bytes[5] % 2 == 0 ? .recorded : .untilSnapshot
        )
        specifications.append(specification)
        submit(specification, given: given)
    }

    private mutating func submitAgain(_ specification: TaskSpecification) {
        let values = Set((0..<6).map { Truth.value($0).name })
        let given = specification.inputs.map(\.name).filter(values.contains)
        let canName = specification.inputs.allSatisfy { given.contains($0.name) || demand.handles[$0.name] != nil }
        if canName { submit(specification, given: given) }
    }

    private mutating func submit(_ specification: TaskSpecification, given: [Hash]) {
        if let outputs = disk[specification.task], !life.scheduler.isUnsettled(specification.task) {
            // It is in the ledger for good, as the shell sees before it submits.
            handle(.settled(specification.task))
            for output in outputs {
                sizes[output.name] = output.byteCount
                store.insert(output.name)
                demand.hold(output)
                handle(.shared(output))
            }
            return take(outputs, of: specification.task)
        }
        demand.waiters[specification.task, default: 0] += 1
        store.formUnion(given)
        handle(.submitted(specification, given: given))
    }

    mutating func wishSomething() {
        let handles = demand.handles.keys.sorted()
        let handle = handles.randomElement(using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            guard let handle else { return }
            demand.wanted[handle, default: 0] += 1
            self.handle(.wanted(handle))
        case 3..<6: if let handle { release(handle) }
        case 6..<8:
            guard let task = demand.waiters.keys.sorted().randomElement(using: &random) else { return }
            demand.waiters[task] = demand.waiters[task].flatMap { $0 == 1 ? nil : $0 - 1 }
            self.handle(.abandoned(task))
        default:
            let value = Truth.value(Int.random(in: 0..<6, using: &random))
            sizes[value.name] = value.byteCount
            demand.hold(value)
            store.insert(value.name)
            self.handle(.shared(value))
        }
    }

    mutating func release(_ blob: Hash) {
        demand.handles[blob] = demand.handles[blob].flatMap { $0 == 1 ? nil : $0 - 1 }
        handle(.released([blob]))
    }

    mutating func deliver(_ task: Hash, _ outputs: [TensorBlob]) {
        let waiters = demand.waiters.removeValue(forKey: task) ?? 0
        let specification = life.scheduler.specification(of: task)
        check(waiters > 0, "\(task.short) is delivered to nobody")
        let isTrue = outputs == Truth.outputs(of: task, inputs: specification?.inputs ?? [])
        check(isTrue || isExcused, "\(task.short) has a wrong result")
        if specification?.keeping == .recorded {
            check(disk[task] != nil, "\(task.short) is delivered and not durable")
        }
        for output in outputs { demand.hold(output, times: waiters) }
        take(outputs, of: task)
    }

    /// The training goes on.
    mutating func train() {
        guard isUp, life.farewell == nil, var training else { return }
        let tasks = training.begin()
        self.training = training
        for task in tasks {
            for input in task.inputs { sizes[input.name] = input.byteCount }
            submit(task, given: task.inputs.map(\.name))
        }
    }

    private mutating func take(_ outputs: [TensorBlob], of task: Hash) {
        guard let isOver = training?.take(outputs, of: task, inOrder: weakness != .foldsAsTheyCome) else { return }
        guard isOver else { return }
        // A recipe lets go of what it has folded.
        for handle in demand.handles.keys.sorted() { while demand.handles[handle] != nil { release(handle) } }
    }

    mutating func fail(_ task: TaskSpecification, _ failures: [AttemptFailure]) {
        check(demand.waiters.removeValue(forKey: task.task) != nil, "\(task.task.short) fails for nobody")
        func count(_ causes: AttemptFailure.Cause...) -> Int { failures.count { causes.contains($0.cause) } }
        let isJustified =
            count(.refused) > 0 || count(.execution, .wrongResult) >= 3 || count(.workerLost) >= 3
            || count(.tooLarge) > 0
            || count(.missingBlob) >= 30 || count(.returned) >= 100
        if count(.wrongResult) >= 2 { isExcused = isExcused || faults.contains(.broken) }
        if training != nil, count(.workerLost) >= 3, faults.contains(.crash), misfortunes == 0 {
            // By chance workers were killed whenever they ran this: a false alarm, which is rare, after which the same
            // command is given again.
            misfortunes += 1
            isUp = false
            restartSoon()
        } else {
            check(training == nil || isExcused, "the training fails: \(failures.map(\.sentence))")
        }
        check(isJustified || isExcused, "\(task.task.short) is given up after \(failures.map(\.cause))")
        // Without crashes and stumbling, only what tasks are made of can end them.
        if faults.isDisjoint(with: [.crash, .stumble]) {
            let isPoison = failures.contains { $0.cause != .workerLost && $0.cause != .returned }
            let isDeadly = life.scheduler.tasks.keys.contains { Truth.nature(of: $0) == .deadly }
            let isItself = Truth.nature(of: task.task) == .deadly
            check(
                isExcused || isPoison || isDeadly || isItself,
                "\(task.task.short) fails for false alarms: \(failures.map(\.cause))"
            )
        }
    }

    /// Whether somebody needs the bytes of a blob.
    func needs(_ blob: Hash) -> Bool {
        demand.handles[blob] != nil || demand.wanted[blob] != nil
            || demand.waiters.keys.contains { task in
                guard let record = life.scheduler.tasks[task], record.outputs == nil else { return false }
                return record.specification.needs(blob)
            }
    }

    func isProgram(_ blob: Hash) -> Bool { Truth.programNames.contains(blob) }
}
