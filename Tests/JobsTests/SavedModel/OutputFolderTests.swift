import Foundation
import TestSupport
import Testing

@testable import Jobs

@Suite("A folder that is being made")
struct OutputFolderTests {
    private let names = ["weights", "model"]

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("appears under its name when it is complete, with missing folders above it, and nothing else stays")
    func appears() throws {
        let folder = try Folder()
        for path in ["out", "deep/er/out", "slash/"] {
            do {
                let output = try OutputFolder("\(folder.path)/\(path)", holding: names)
                #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(path)"))
                try output.commit([[1, 2], [3]])
            }
            #expect(try folder.names(in: path) == ["model", "weights"])
            #expect(try folder.bytes(of: "\(path)/weights") == [1, 2] && folder.bytes(of: "\(path)/model") == [3])
        }
        #expect(try folder.names() == ["deep", "out", "slash"])
        #expect(try folder.names(in: "deep/er") == ["out"])
    }

    @Test("may be where a link leads, and is made there")
    func link() throws {
        let folder = try Folder()
        let real = "\(folder.path)/real"
        try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "real")
        for content in [[1], [2]] as [[UInt8]] {
            try OutputFolder("\(folder.path)/link", holding: names).commit([content, content])
            #expect(try folder.names(in: "real") == ["model", "weights"])
            #expect(try folder.bytes(of: "real/weights") == content)
        }
        #expect(try folder.names() == ["link", "real"])
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/nowhere", withDestinationPath: "gone")
        #expect(
            message { _ = try OutputFolder("\(folder.path)/nowhere", holding: names) }.contains("leads nowhere")
        )
        #expect(throws: OutputError.noName) { try OutputFolder("", holding: names) }
    }

    @Test("does not take away what another makes under its name afterwards")
    func successor() throws {
        let folder = try Folder()
        let path = "\(folder.path)/out"
        var first: OutputFolder? = try OutputFolder(path, holding: names)
        try first?.commit([[1], [1]])
        let second = try OutputFolder(path, holding: names)
        first = nil
        try second.commit([[2], [2]])
        #expect(try folder.bytes(of: "out/weights") == [2])
    }

    @Test("that is given up leaves nothing, also when an earlier one was killed half-way")
    func givenUp() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/out.partial",
            withIntermediateDirectories: false
        )
        try folder.write("half", to: "out.partial/weights")
        do { _ = try OutputFolder("\(folder.path)/out", holding: names) }
        do { _ = try OutputFolder("\(folder.path)/deep/er/out", holding: names) }
        #expect(try folder.names().isEmpty)
    }

    @Test("replaces one of its own kind")
    func replaces() throws {
        let folder = try Folder()
        for content in [1, 2] as [UInt8] {
            let output = try OutputFolder("\(folder.path)/out", holding: names)
            try output.commit([[content], [content]])
        }
        #expect(try folder.bytes(of: "out/weights") == [2] && folder.bytes(of: "out/model") == [2])
        #expect(try folder.names() == ["out"])
    }

    @Test("may exist if it is empty")
    func empty() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/out", withIntermediateDirectories: false)
        try OutputFolder("\(folder.path)/out", holding: names).commit([[1], [2]])
        #expect(try folder.names(in: "out") == ["model", "weights"])
    }

    @Test("does not take a folder or file of somebody else, unless it may lie beside the others")
    func others() throws {
        let folder = try Folder()
        let path = "\(folder.path)/out"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try folder.write("mine", to: "out/thesis.tex")
        #expect(
            message { _ = try OutputFolder(path, holding: names) } == """
                \(path): this folder holds other things than a model, such as 'thesis.tex'. Choose another with --output, \
                or put the model beside them with --force.
                """
        )
        try OutputFolder(path, holding: names, force: true).commit([[1], [2]])
        #expect(try folder.names(in: "out") == ["model", "thesis.tex", "weights"])
        #expect(try folder.bytes(of: "out/thesis.tex") == Array("mine".utf8))
        let file = try folder.write("mine", to: "file")
        for force in [false, true] {
            #expect(
                message { _ = try OutputFolder(file, holding: names, force: force) }
                    == "\(file): this is a file, but the output is a folder. Choose another with --output."
            )
        }
        #expect(try folder.bytes(of: "file") == Array("mine".utf8))
    }

    @Test("cannot be made by two at once")
    func twice() throws {
        let folder = try Folder()
        let path = "\(folder.path)/out"
        let first = try OutputFolder(path, holding: names)
        let sentence = message { _ = try OutputFolder(path, holding: names) }
        #expect(sentence.hasPrefix("\(path): process \(getpid()) on "), "\(sentence)")
        #expect(sentence.hasSuffix(" is writing there. Wait for it, or choose another with --output."))
        try first.commit([[1], [2]])
        #expect(try folder.names() == ["out"])
    }

    @Test("where nothing can be written is told before anything is trained")
    func unwritable() throws {
        let folder = try Folder()
        let file = try folder.write("", to: "file")
        #expect(
            message { _ = try OutputFolder("\(file)/out", holding: names) }
                == """
                \(file)/out.partial: cannot be created: not a directory. See to it that there is room and that you may write \
                there, or choose another with --output.
                """
        )
        #expect(
            message { _ = try OutputFolder("/proc/troupe", holding: names) }.hasPrefix(
                "/proc/troupe.partial: cannot be created: "
            )
        )
    }

    @Test("that exists and takes no files is told before anything is trained, and nothing is left behind")
    func locked() throws {
        let folder = try Folder()
        let path = "\(folder.path)/out"
        try OutputFolder(path, holding: names).commit([[1], [2]])
        // Where a file of ours would be tried stands something else, which stops even those who may write everywhere.
        try FileManager.default.createDirectory(atPath: "\(path)/.model.partial", withIntermediateDirectories: false)
        #expect(message { _ = try OutputFolder(path, holding: names) }.hasPrefix("\(path): cannot be written to: "))
        #expect(try folder.names() == ["out"])
        try FileManager.default.removeItem(atPath: "\(path)/.model.partial")
        do { _ = try OutputFolder(path, holding: names) }
        #expect(try folder.names() == ["out"] && folder.names(in: "out") == ["model", "weights"])
    }

    @Test("keeps the work of a run that was cut short when it is told to, and finds it again")
    func work() throws {
        let folder = try Folder()
        let path = "\(folder.path)/out"
        func output(fresh: Bool = false) throws -> OutputFolder {
            try OutputFolder(path, holding: names, working: ["ledger"], fresh: fresh)
        }
        func write(to output: OutputFolder) throws {
            try Data([7]).write(to: URL(fileURLWithPath: output.workFolder + "/ledger"))
        }
        do { try write(to: output()) }
        #expect(try folder.names() == [], "nobody said that it is to stay")
        do {
            let first = try output()
            try write(to: first)
            first.keepWork(true)
        }
        #expect(try folder.names(in: "out.partial") == [".owner", "ledger"])
        do { _ = try output() }
        #expect(
            try folder.names(in: "out.partial") == [".owner", "ledger"],
            "what was found stays unless somebody says otherwise"
        )
        do {
            let second = try output()
            #expect(try folder.bytes(of: "out.partial/ledger") == [7])
            try second.commit([[1], [2]])
        }
        #expect(try folder.names() == ["out"] && folder.names(in: "out") == ["model", "weights"])
        do {
            let third = try output()
            try write(to: third)
            try third.commit([[3], [4]])
        }
        #expect(try folder.names() == ["out"] && folder.names(in: "out") == ["model", "weights"])
        do {
            let fourth = try output()
            try write(to: fourth)
            fourth.keepWork(true)
        }
        do {
            let fifth = try output(fresh: true)
            let held = try FileManager.default.contentsOfDirectory(atPath: fifth.workFolder)
            #expect(held == [".owner"])
            try fifth.commit([[5], [6]])
        }
        #expect(try folder.names(in: "out") == ["model", "weights"])
        #expect(try folder.names() == ["out"])
    }
}
