import Datasets
import Foundation
import Networks
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A saved boosted ensemble")
struct BoostedEnsembleTests {
    private static let rounds = [
        BoostingRound(outcome: .diverged(step: 7), error: nil, alpha: 0, bound: 1, trainingError: nil),
        BoostingRound(outcome: .kept, error: 0.1 + 0.2, alpha: 1 / 3, bound: 0.9, trainingError: 0.25),
        BoostingRound(outcome: .perfect, error: 0, alpha: 4 / 3, bound: 0, trainingError: 0),
        BoostingRound(outcome: .noBetterThanChance, error: 0.5, alpha: 0, bound: 0, trainingError: 0),
    ]

    private static func stumps() throws -> BoostedEnsemble {
        try BoostedEnsemble(
            .stumps([
                Stump(feature: 1, threshold: 0.1, below: 0, above: 1),
                Stump(feature: 0, threshold: -3, below: 1, above: 0),
            ]),
            alphas: [1 / 3, 4 / 3],
            classes: ["no", "yes"],
            featureNames: ["a", "b"],
            rounds: rounds
        )
    }

    private static func networks() throws -> BoostedEnsemble {
        try BoostedEnsemble(
            .networks(
                Sequential { Dense(2) },
                StackedWeights(
                    names: ["layers.0.weight", "layers.0.bias"],
                    values: [
                        TensorValue([1, -1, 2, -2, 0, 1, 1, 0] as [Float], shape: [2, 2, 2]),
                        TensorValue([0, 0.5, 0, 0] as [Float], shape: [2, 2]),
                    ]
                )
            ),
            alphas: [1 / 3, 4 / 3],
            classes: ["no", "yes"],
            featureNames: ["a", "b"],
            rounds: rounds
        )
    }

    private static func saved(_ ensemble: BoostedEnsemble) throws -> SavedModel {
        let job = try Job(yaml: "recipe: adaboost\ndata: breast-cancer\n", file: "job.yaml")
        return SavedModel(
            recipe: "adaboost",
            body: TabularModel(ensemble, label: .named("class"), standardisation: nil),
            metrics: ["ensemble_accuracy": 0.975],
            job: job.canonical,
            provenance: Provenance(
                job: job.hash,
                data: Hash(of: [1]),
                programs: [Hash(of: [2])],
                seed: 0,
                test: 0.3,
                numerics: .exact,
                numericsVersion: 1,
                troupe: "0.1.0"
            )
        )
    }

    private static func save(_ ensemble: BoostedEnsemble, to path: String) throws {
        try saved(ensemble).write(to: SavedModel.reserve(path))
    }

    @Test("comes back as it was written, with the table of its rounds")
    func roundTrip() throws {
        for ensemble in try [Self.stumps(), Self.networks()] {
            let folder = try Folder()
            try Self.save(ensemble, to: "\(folder.path)/a")
            let body = try SavedModel(folder: "\(folder.path)/a").body
            let again = try #require(body as? TabularModel<BoostedEnsemble>).base
            #expect(again.rounds == Self.rounds && again.alphas == ensemble.alphas)
            #expect(again.tensors == ensemble.tensors)
            let rows = TensorValue([0, 0, 0, 1, -4, 1, -4, 0.1] as [Float], shape: [4, 2])
            #expect(try again.predict(rows) == ensemble.predict(rows))
            try Self.save(again, to: "\(folder.path)/b")
            for name in ["model.json", "weights.safetensors"] {
                #expect(try folder.bytes(of: "a/\(name)") == folder.bytes(of: "b/\(name)"))
            }
        }
    }

    @Test("answers with a class and the shares of the vote")
    func answers() throws {
        let folder = try Folder()
        try Self.save(Self.stumps(), to: "\(folder.path)/a")
        let file = try folder.write("b,a\n0,0\n1,-4\n", to: "rows.csv")
        let table = try SavedModel(folder: "\(folder.path)/a").answers(for: CSV(file: file), details: true)
        // At (0, 0) both stumps say class 0; at (-4, 1) both say class 1.
        #expect(table.rows.map { $0[0] } == ["no", "yes"])
        #expect(table.rows.map { $0[1] } == ["1.0", "0.0"])
    }

    @Test("that is damaged is refused with what is wrong")
    func refused() throws {
        let folder = try Folder()
        let path = "\(folder.path)/a"
        func message() -> String {
            do {
                _ = try SavedModel(folder: path)
                return "no error"
            } catch { return "\(error)" }
        }
        try Self.save(Self.stumps(), to: path)
        let json = try String(decoding: folder.bytes(of: "a/model.json"), as: UTF8.self)
        let changes = [
            ("\"members\": 2", "\"members\": 3", "'alphas' is not there as f64[3]"),
            (
                "\"classes\": [\"no\", \"yes\"]", "\"classes\": [\"no\"]",
                "names a feature, threshold or class that there is not"
            ),
            ("\"features\": [\"a\", \"b\"]", "\"features\": [\"a\"]", "names a feature, threshold or class"),
            ("\"step\": [7, null,", "\"step\": [7,", "the columns of 'model.rounds' are of unlike lengths"),
            ("\"step\": [7, null,", "\"step\": [null, null,", "'model.rounds.step' must be a whole number from 0 up"),
            (
                "\"perfect\"", "\"good\"",
                "'model.rounds.outcome' must be kept or perfect or no better than chance or diverged"
            ),
            ("\"members\": 2", "\"layers\": [{\"dense\": 2}],\n    \"members\": 2", "The weights do not fit the model"),
        ]
        for (old, new, expected) in changes {
            #expect(json.contains(old), "\(old)")
            try folder.write(json.replacing(old, with: new), to: "a/model.json")
            #expect(message().contains(expected), "\(new): \(message())")
        }
    }

    @Test("with any byte of its description changed or cut off is read or refused, never more")
    func mutations() throws { try expectReadOrRefused(Self.saved(Self.stumps())) }
}
