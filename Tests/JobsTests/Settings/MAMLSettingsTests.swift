import Datasets
import Foundation
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A job of MAML")
struct MAMLSettingsTests {
    private func job(_ text: String, file: String = "job.yaml") throws -> Job {
        try Job(yaml: "recipe: maml\n" + text, file: file)
    }

    @Test("needs only its tasks; every default is visible in the canonical form")
    func defaults() throws {
        #expect(
            try job("tasks: sinusoid").canonical.description == #"""
                {"diverged":"stop","evaluation":{"steps":10,"tasks":600},"inner":{"order":"second","rate":0.01,"steps":1},\#
                "meta":{"batch":25,"iterations":10000,"optimizer":{"adam":{"epsilon":1e-08,"mean":0.9,"rate":0.001,\#
                "square":0.999}},"tasks_per_shard":25},\#
                "model":{"layers":[{"dense":40},"relu",{"dense":40},"relu",{"dense":"classes"}]},"numerics":"exact",\#
                "recipe":"maml","seed":0,"tasks":{"sinusoid":{"queries":10,"shots":10}}}
                """#
        )
    }

    @Test("reads every key")
    func everyKey() throws {
        let job = try job(
            """
            tasks: {sinusoid: {shots: 5, queries: 7}}
            model: {layers: [{dense: 3}, tanh, {dense: 1}]}
            inner: {rate: 0.02, steps: 3, order: first}
            meta: {iterations: 9, batch: 8, tasks_per_shard: 2, optimizer: {sgd: {rate: 0.1, momentum: 0.9}}}
            evaluation: {tasks: 50, steps: 4}
            snapshot_every: 100
            diverged: skip
            """
        )
        let maml = try #require(job.recipe as? MAMLSettings)
        #expect(maml.tasks.source == .sinusoid && maml.tasks.shots == 5 && maml.tasks.queries == 7)
        #expect(maml.inner == InnerLoop(rate: 0.02, steps: 3, order: .first))
        #expect(maml.iterations == 9 && maml.batch == 8 && maml.tasksPerShard == 2)
        #expect(maml.optimizer == .sgd(rate: 0.1, momentum: 0.9))
        #expect(maml.evaluation == MAML.Evaluation(tasks: 50, steps: 4))
        #expect(maml.snapshotEvery == 100 && maml.diverged == .skip)
    }

    @Test("is the same job however often it makes snapshots")
    func snapshots() throws {
        #expect(try job("tasks: sinusoid\nsnapshot_every: 5").hash == job("tasks: sinusoid").hash)
    }

    @Test("names files relative to its own folder")
    func paths() throws {
        let folder = try Folder()
        try folder.write("", to: "a.zip")
        try folder.write("", to: "b.zip")
        let maml = try #require(
            job("tasks: {omniglot: [a.zip, b.zip], ways: 7, held_out: 0.3}", file: "\(folder.path)/job.yaml").recipe
                as? MAMLSettings
        )
        guard case .omniglot(let files, size: 28) = maml.tasks.source else {
            Issue.record("these are archives of Omniglot")
            return
        }
        #expect(files.map(\.file) == ["\(folder.path)/a.zip", "\(folder.path)/b.zip"])
        #expect(maml.tasks.ways == 7 && maml.tasks.isTurning && maml.tasks.heldOut == 0.3)
        #expect(maml.inner.rate == 0.1 && maml.batch == 16)
        #expect(
            maml.tasks.canonical.description
                == #"{"held_out":0.3,"omniglot":["a.zip","b.zip"],"queries":15,"rotations":true,"shots":1,"size":28,"ways":7}"#
        )
        let digits = try #require(
            job("tasks: {idx: {images: a.zip, labels: b.zip}}", file: "\(folder.path)/job.yaml").recipe as? MAMLSettings
        )
        #expect(!digits.tasks.isTurning)
        #expect(throws: ImageError.self) { try digits.prepare(seed: 0) }
    }

    @Test("with a mistake is told where it is and what is right")
    func mistakes() throws {
        let cases = [
            (
                "tasks:",
                """
                job.yaml:1:1: 'tasks' is missing. It must be sinusoid, or images: {omniglot: [images_background.zip], ways: 5, \
                shots: 1} or {idx: {images: FILE, labels: FILE}}.
                """
            ),
            ("tasks: sinusoids", "job.yaml:2:8: there is no kind of tasks 'sinusoids'. Did you mean 'sinusoid'?"),
            ("tasks: omniglot", "job.yaml:2:8: 'tasks' must be sinusoid, or images: {omniglot:"),
            ("tasks: {omniglot: []}", "job.yaml:2:19: 'tasks.omniglot' must be at least one archive"),
            (
                "tasks: {omniglot: [none.zip]}",
                "job.yaml:2:20: 'tasks.omniglot.0' must be a file that exists, but is"
            ),
            ("tasks: {omniglot: [a], idx: {}}", "job.yaml:2:24: 'tasks' is both 'omniglot' and 'idx'. Keep one."),
            (
                "tasks: {sinusoid: {shot: 5}}",
                "job.yaml:2:20: there is no key 'tasks.sinusoid.shot' here. Did you mean 'shots'?"
            ),
            ("tasks: {way: 5}", "job.yaml:2:9: there is no key 'tasks.way' here. Did you mean 'ways'?"),
            ("tasks: sinusoid\ninner: {order: third}", "job.yaml:3:16: 'inner.order' must be second or first"),
            (
                "tasks: sinusoid\nmeta: {batch: 20000, tasks_per_shard: 4}",
                "job.yaml:3:39: 'meta.tasks_per_shard' must be a whole number from 5 to 4096, but is '4'."
            ),
            (
                "tasks: sinusoid\nmeta: {optimizer: {adam: {rate: -1}}}",
                "job.yaml:3:33: 'meta.optimizer.adam.rate' must be a number above 0, but is '-1'."
            ),
        ]
        for (text, expected) in cases {
            let error = #expect(throws: DocumentError.self) { try job(text) }
            #expect(error?.description.hasPrefix(expected) == true, "\(error?.description ?? "")")
        }
        let fit = #expect(throws: DocumentError.self) {
            try job("tasks: sinusoid\nmodel: {layers: [{dense: 2}]}").recipe.prepare(seed: 0)
        }
        #expect(
            fit?.description.hasSuffix(
                "the last layer gives [2] for each example, but the tasks ask for 1 number. End with {dense: 1}, or "
                    + "{dense: classes}."
            ) == true,
            "\(fit?.description ?? "")"
        )
    }
}
