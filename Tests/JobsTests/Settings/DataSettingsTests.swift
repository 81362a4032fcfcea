import Datasets
import Foundation
import TestSupport
import Testing

@testable import Jobs

@Suite("The data of a job")
struct DataSettingsTests {
    private func data(_ yaml: String, in folder: Folder, _ overrides: String...) throws -> DataSettings {
        let file = try folder.write("recipe: bagging\n" + yaml, to: "job.yaml")
        let job = try Job(file: file, overrides: try overrides.map { try Override($0) })
        return try #require(job.recipe as? BaggingSettings).data
    }

    private func message(_ yaml: String, in folder: Folder, _ overrides: String...) -> String {
        do {
            let file = try folder.write("recipe: bagging\n" + yaml, to: "job.yaml")
            _ = try Job(file: file, overrides: try overrides.map { try Override($0) })
            return "no mistake"
        } catch { return "\(error)".replacing(folder.path, with: "") }
    }

    @Test("may be a file, found beside the job file, with its label by name or number")
    func file() throws {
        let folder = try Folder()
        let csv = try folder.write("a,b,class\n1,2,x\n3,4,y\n", to: "train.csv")
        let byName = try data("data: {csv: train.csv, label: class}", in: folder)
        guard case .csv(let source) = byName.source else {
            Issue.record("not a file")
            return
        }
        #expect(source.file == csv && source.path == "train.csv" && source.label == .named("class"))
        #expect(source.header == nil && byName.test == 0.3 && byName.standardize)
        #expect(try byName.load().classes.names == ["x", "y"])
        let labels: [(String, CSV.Column)] = [
            ("-1", .number(-1)), ("3", .number(3)), ("'3'", .named("3")), ("class", .named("class")),
        ]
        for (written, label) in labels {
            let settings = try data("data: {csv: train.csv, label: \(written), header: true}", in: folder)
            guard case .csv(let source) = settings.source else { continue }
            #expect(source.label == label && source.header == true)
        }
    }

    @Test("has its test part and standardising beside it or at the top, not in both places")
    func places() throws {
        let folder = try Folder()
        try folder.write("a,b,class\n1,2,x\n3,4,y\n", to: "a.csv")
        let inside = try data("data: {csv: a.csv, label: -1, test: 0.2, standardize: false}", in: folder)
        let outside = try data("data: {csv: a.csv, label: -1}\ntest: 0.2\nstandardize: false", in: folder)
        let mixed = try data("data: {csv: a.csv, label: -1, test: 0.2}\nstandardize: false", in: folder)
        for settings in [inside, outside, mixed] { #expect(settings.test == 0.2 && !settings.standardize) }
        #expect(
            message("data: {csv: a.csv, label: -1, test: 0.2}\ntest: 0.2", in: folder)
                == "/job.yaml:3:1: 'test' is given here and in 'data'. Keep one."
        )
    }

    @Test("is standardised unless the job says otherwise")
    func standard() throws {
        let folder = try Folder()
        #expect(try data("data: digits", in: folder).standardize)
        #expect(try data("data: breast-cancer", in: folder).standardize)
        #expect(try !data("data: digits\nstandardize: false", in: folder).standardize)
    }

    @Test("that cannot be what was meant is refused")
    func mistakes() throws {
        let folder = try Folder()
        try folder.write("a,b,class\n1,2,x\n3,4,y\n", to: "a.csv")
        #expect(
            message("data: {csv: b.csv, label: class}", in: folder)
                == "/job.yaml:2:13: 'data.csv' must be a file that exists, but is '/b.csv', which does not."
        )
        #expect(
            message("data: {csv: a.csv}", in: folder) == """
                /job.yaml:2:7: 'data.label' is missing. It must be the name of a column, or its number from 1 \
                (-1 is the last).
                """
        )
        #expect(
            message("data: {csv: a.csv, label: 0}", in: folder) == """
                /job.yaml:2:27: 'data.label' must be the name of a column, or its number from 1 (-1 is the last), \
                but is '0'.
                """
        )
        #expect(
            message("data: {csv: a.csv, label: class, header: false}", in: folder) == """
                /job.yaml:2:27: the label is the column named 'class', but 'header: false' says that columns have no \
                names. Give its number from 1 instead.
                """
        )
        #expect(
            message("data: a.csv", in: folder) == """
                /job.yaml:2:7: 'data' must be breast-cancer, digits, or a file such as {csv: train.csv, label: class}, \
                but is 'a.csv'.
                """
        )
        #expect(
            message("data: {csv: a.csv, lable: class}", in: folder) == """
                /job.yaml:2:20: there is no key 'data.lable' here. Did you mean 'label'? \
                Keys: csv, header, label, standardize, test.
                """
        )
    }

    @Test("that --set names lies where the command is run, not beside the job file")
    func relative() throws {
        let folder = try Folder()
        try folder.write("a,b,class\n1,2,x\n3,4,y\n", to: "a.csv")
        #expect(
            message("data: {csv: a.csv, label: -1}", in: folder, "data.csv=a.csv")
                == "--set data.csv=a.csv: 'data.csv' must be a file that exists, but is 'a.csv', which does not."
        )
        let settings = try data("data: {csv: b.csv, label: -1}", in: folder, "data.csv=\(folder.path)/a.csv")
        #expect(try settings.load().rowCount == 2)
    }

    @Test("in a job file that is not there, or not text, is told")
    func unreadable() throws {
        let folder = try Folder()
        #expect(throws: DocumentError.unreadable(file: "\(folder.path)/no.yaml", reason: "no such file or directory")) {
            try Job(file: "\(folder.path)/no.yaml")
        }
        #expect(throws: DocumentError.unreadable(file: folder.path, reason: "it is a folder, and must be a file")) {
            try Job(file: folder.path)
        }
        let file = try folder.write("", to: "latin.yaml")
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.write(contentsOf: [0x72, 0xE9])
        #expect(throws: DocumentError.unreadable(file: file, reason: "it is not a text in UTF-8")) {
            try Job(file: file)
        }
    }
}
