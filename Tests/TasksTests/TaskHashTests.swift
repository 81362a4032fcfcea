import Execution
import Tasks
import Tensors
import Testing

@Suite("Names of tasks")
struct TaskHashTests {
    private let program = Hash(of: Array("program".utf8))
    private let first = Hash(of: Array("first".utf8))
    private let second = Hash(of: Array("second".utf8))

    @Test("a task's hash is that of the description; golden.py prints these")
    func golden() {
        #expect(
            Hash.ofTask(program: program, inputs: [], numerics: 1).description
                == "ca1751d15fe6769269fe5116441fe6e4a1a30abb7d9034c24a33ff408ecab355"
        )
        #expect(
            Hash.ofTask(program: program, inputs: [first, second], numerics: 1).description
                == "1f008bcc03eba75f6b9bd51476bd0abf3c5fd254b57f01d87f1dd87990434299"
        )
        #expect(
            Hash.ofTask(program: program, inputs: [second, first], numerics: 1).description
                == "8b4af68d963dd69562ca73965d726d7ec6a41eb8e1abb6f9fd1a5779f4415f69"
        )
        #expect(
            Hash.ofTask(program: program, inputs: [first, second], numerics: (1 << 24) + 7).description
                == "385f868836a017774476f4e8543d3f2e73c8789cfa5ef520ab94dc036a42c939"
        )
    }

    @Test("from a program and its input to the task's hash, everything is as described")
    func wholeTask() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2]))]) { ["y": $0[0] * $0[0]] }
        let x = TaskInput.value(TensorValue([1.5, -2] as [Float]))
        #expect(program.hash.description == "95030ecaae7b85123bb5231a14fb3580170cd23c1d1be02f9dc43eb7219c40de")
        #expect(x.hash.description == "a521dced529339bf5fb06e9df5d1f130984b1dbf3c7798f1dc491c3613635246")
        #expect(
            Hash.ofTask(program: program.hash, inputs: [x.hash], numerics: 1).description
                == "6f0f9899cd130d1657029ec4af5cb5f1959eb5240092f30a6b994eb36bee0801"
        )
    }

    @Test("the numerics version is the executor's unless another is said")
    func numerics() {
        #expect(
            Hash.ofTask(program: program, inputs: [first])
                == Hash.ofTask(program: program, inputs: [first], numerics: numericsVersion)
        )
        #expect(
            Hash.ofTask(program: program, inputs: [first])
                != Hash.ofTask(program: program, inputs: [first], numerics: numericsVersion + 1)
        )
    }
}
