import Datasets
import Networks
import Tensors
import Recipes
import Testing

@testable import Jobs

extension LayerSetting {
    static func dense(_ units: Int) -> LayerSetting { .fixed(LayerSpecification("dense", ["units": .init(units)])) }
    static func named(_ name: String) -> LayerSetting { .fixed(LayerSpecification(name)) }
}

@Suite("A job file")
struct JobTests {
    @Test("needs only a recipe and data; every default is visible in the canonical form")
    func defaults() throws {
        let job = try Job(yaml: "recipe: bagging\ndata: digits\n", file: "job.yaml")
        #expect(
            job.canonical.description == #"""
                {"batch":32,"data":{"name":"digits","standardize":true,"test":0.3},"diverged":"stop",\#
                "ensemble":{"bootstrap":1.0,"features":1.0,"members":32,"members_per_task":4,"vote":"soft"},"epochs":20,\#
                "model":{"layers":[{"dense":64},"relu",{"dense":"classes"}]},"numerics":"exact",\#
                "optimizer":{"adam":{"epsilon":1e-08,"mean":0.9,"rate":0.001,"square":0.999}},\#
                "recipe":"bagging","seed":0}
                """#
        )
    }

    @Test("may begin with a mark of its byte order")
    func byteOrderMark() throws {
        let text = "recipe: bagging\ndata: digits\nepoch: 3\n"
        let error = #expect(throws: DocumentError.self) { try Job(yaml: "\u{FEFF}" + text, file: "job.yaml") }
        #expect(error?.description.hasPrefix("job.yaml:3:1: there is no key 'epoch' here.") == true)
        let plain = "recipe: bagging\ndata: digits\n"
        #expect(try Job(yaml: "\u{FEFF}" + plain, file: "a").canonical == Job(yaml: plain, file: "a").canonical)
    }

    @Test("trains more members at once where there are many, unless it says otherwise")
    func membersPerTask() throws {
        func found(_ ensemble: String) throws -> Int? {
            let yaml = "recipe: bagging\ndata: digits\nensemble: {\(ensemble)}\n"
            return (try Job(yaml: yaml, file: "job.yaml").recipe as? BaggingSettings)?.membersPerTask
        }
        for (members, expected) in [(1, 4), (32, 4), (319, 4), (320, 5), (512, 8), (100_000, 8)] {
            #expect(try found("members: \(members)") == expected)
            #expect(try found("members: \(members), members_per_task: 3") == 3)
        }
    }

    @Test("reads as it is written in the documentation")
    func everyKey() throws {
        let job = try Job(
            yaml: """
                recipe: bagging
                data: breast-cancer
                test: 0.25
                standardize: false
                model:
                  layers: [{dense: 16}, tanh, {dense: 8}, relu, {dense: 2}]
                ensemble: {members: 7, bootstrap: 0.5, features: 0.8, vote: hard, members_per_task: 3}
                optimizer: {sgd: {rate: 0.1, momentum: 0.9}}
                epochs: 3
                batch: 16
                seed: 18446744073709551615
                numerics: exact
                """,
            file: "job.yaml"
        )
        #expect(job.seed == .max)
        let bagging = try #require(job.recipe as? BaggingSettings)
        #expect(bagging.data == DataSettings(.builtIn(.breastCancer), test: 0.25, standardize: false))
        #expect(bagging.members == 7 && bagging.bootstrap == 0.5 && bagging.features == 0.8)
        #expect(bagging.vote == .hard && bagging.membersPerTask == 3)
        #expect(bagging.fit.epochs == 3 && bagging.fit.batch == 16)
        #expect(bagging.fit.optimizer == .sgd(rate: 0.1, momentum: 0.9))
        #expect(
            bagging.fit.network.layers == [
                .dense(16), .named("tanh"), .dense(8), .named("relu"), .dense(2),
            ]
        )
    }

    @Test("with layers for images has one form for one meaning")
    func imageLayers() throws {
        func layers(_ text: String) throws -> JSON? {
            let job = try Job(yaml: "recipe: bagging\ndata: digits\nmodel: {layers: \(text)}", file: "job.yaml")
            guard case .object(let job) = job.canonical, case .object(let model) = job["model"] else { return nil }
            return model["layers"]
        }
        let short = "[{image: [8, 8, 1]}, {conv: 16}, batch_norm, relu, max_pool, flatten, {dense: classes}]"
        let long = """
            [{image: {shape: [8, 8, 1]}}, {conv: {filters: 16, kernel: 3, stride: 1, padding: same, groups: 1}},
            {batch_norm: {epsilon: 1e-5}}, relu, {max_pool: {window: 2, padding: 'valid'}}, flatten, {dense: 'classes'}]
            """
        let canonical = try layers(short)?.description
        #expect(
            canonical
                == #"[{"image":[8,8,1]},{"conv":16},"batch_norm","relu",{"max_pool":2},"flatten",{"dense":"classes"}]"#
        )
        #expect(try layers(long)?.description == canonical)
        #expect(try layers(canonical ?? "")?.description == canonical)
        let other = "[{conv: {filters: 4, padding: valid, kernel: 5}}, {max_pool: {window: 3, stride: 2}}]"
        #expect(
            try layers(other)?.description
                == #"[{"conv":{"filters":4,"kernel":5,"padding":"valid"}},{"max_pool":{"stride":2,"window":3}}]"#
        )
    }

    @Test("of a model that needs whole batches is refused where rows are predicted one by one")
    func batchStatistics() throws {
        let yaml = "recipe: bagging\ndata: digits\nmodel: {layers: [batch_norm, {dense: classes}]}"
        let bagging = try #require(try Job(yaml: yaml, file: "job.yaml").recipe as? BaggingSettings)
        let error = #expect(throws: DocumentError.self) { try bagging.fit.learner(for: BuiltIn.digits.dataset) }
        #expect(
            error?.description
                == "job.yaml:3:9: the layer 'batch_norm' uses the statistics of a whole batch, but members predict rows "
                + "one by one. Leave 'batch_norm' out."
        )
    }

    @Test("that is written again from its canonical form is the same job")
    func roundTrip() throws {
        let job = try Job(yaml: "recipe: bagging\ndata: digits\nepochs: 7\noptimizer: sgd\n", file: "job.yaml")
        // JSON is YAML; the resolved data mapping is the one part whose form differs from what a user writes.
        let again = job.canonical.description
            .replacing(#"{"name":"digits","standardize":true,"test":0.3}"#, with: #""digits""#)
        let second = try Job(yaml: again, file: "again.yaml")
        #expect(second.canonical == job.canonical)
        #expect(second.hash == job.hash)
    }

    @Test("has one hash for one meaning, and another for every other")
    func hash() throws {
        func hash(_ yaml: String) throws -> String { try Job(yaml: yaml, file: "job.yaml").hash.description }
        let plain = try hash("recipe: bagging\ndata: digits\n")
        #expect(try plain == hash("data: digits\n# a remark\nepochs: 20\nrecipe: bagging\noptimizer: adam\n"))
        #expect(plain == "e48ab7341e9cbecfb14d53a6b1025088065ba15118ac45d1c9018a31b19cb45e")
        for other in ["epochs: 21", "seed: 1", "test: 0.2", "ensemble: {vote: hard}", "optimizer: sgd", "batch: 31"] {
            #expect(try plain != hash("recipe: bagging\ndata: digits\n\(other)\n"), "\(other)")
        }
    }

    @Test("with any byte changed or cut off is read or refused, never more")
    func mutations() throws {
        let text = """
            recipe: bagging
            data: {csv: "a.csv", label: -1}
            model: {layers: [&a {dense: 64}, relu, *a]}
            ensemble: {members: 7, vote: 'hard'}
            optimizer:
              adam: {rate: 1e-3}
            """
        let bytes = Array(text.utf8)
        var readings = 0
        for index in bytes.indices {
            for replacement in [0, 9, 10, 32, 33, 38, 42, 45, 58, 91, 93, 123, 125, 255, bytes[index] ^ 1] as [UInt8] {
                var mutant = bytes
                mutant[index] = replacement
                for candidate in [mutant, Array(mutant.prefix(index))] {
                    readings += 1
                    _ = try? Job(yaml: String(decoding: candidate, as: UTF8.self), file: "job.yaml")
                }
            }
        }
        #expect(readings == bytes.count * 30)
    }
}
