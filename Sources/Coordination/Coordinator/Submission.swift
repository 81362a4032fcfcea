import Tasks
import Tensors
import Wire

/// A task that a recipe asks for, checked and named, with the inputs that are given as values.
struct Submission: Sendable {
    let specification: TaskSpecification
    let packed: PackedPrograms.Packed
    /// The blobs of the inputs that the cluster does not keep.
    let given: [(name: Hash, blob: Frame)]
    /// The inputs that the cluster keeps.
    let kept: [TensorBlob]
    /// Handles that must live until the task is known.
    private let handles: [Handle]

    /// Checks and names a task. Hashes the values among its inputs, so better not on a thread that must not wait.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - work: What it runs on.
    ///   - workCount: How many works of a recipe that is.
    ///   - programs: Where programs are packed.
    ///   - hostBlobs: Where large values are put, for other processes of this machine.
    /// - Throws: `TaskError.invalid` when an input does not fit the program.
    init(
        _ program: Program,
        _ work: Work,
        workCount: Int = 1,
        programs: PackedPrograms,
        hostBlobs: HostBlobs
    ) throws(TaskError) {
        func invalid(_ reason: String) -> TaskError { .invalid(role: work.role, reason: reason) }
        guard work.inputs.count == program.inputs.count else {
            throw invalid("the program takes \(program.inputs.count) inputs, but \(work.inputs.count) were given")
        }
        guard max(program.inputs.count, program.outputs.count) <= WireLimits.tensors else {
            throw invalid("a program may have \(WireLimits.tensors) inputs and as many outputs, not more")
        }
        for (port, input) in zip(program.inputs, work.inputs) where port.type != input.type {
            throw invalid("input '\(port.name)' must be \(port.type), but is \(input.type)")
        }
        do throws(WireError) {
            packed = try programs.pack(program)
        } catch {
            throw invalid(error.description)
        }
        var given: [(name: Hash, blob: Frame)] = []
        var inputs: [TensorBlob] = []
        inputs.reserveCapacity(work.inputs.count)
        var kept: [TensorBlob] = []
        var handles: [Handle] = []
        for input in work.inputs {
            if let value = input.content {
                let blob = Frame(value)
                let name = blob.blobName
                given.append((name, hostBlobs.place(blob, as: name)))
                inputs.append(TensorBlob(name: name, type: value.type))
            } else if case .handle(let handle) = input {
                handles.append(handle)
                kept.append(TensorBlob(name: handle.hash, type: handle.type))
                inputs.append(TensorBlob(name: handle.hash, type: handle.type))
            }
        }
        specification = TaskSpecification(
            task: .ofTask(program: program.hash, inputs: inputs.map(\.name)),
            role: work.role,
            program: packed.blob,
            inputs: inputs,
            outputs: packed.outputs,
            keeping: work.keeping,
            workCount: workCount
        )
        self.given = given
        self.kept = kept
        self.handles = handles
        // The rest of the messages is the same for each task of a program, and was checked with it.
        do throws(WireError) {
            try work.role.checkEncodable()
        } catch {
            throw invalid(error.description)
        }
    }
}
