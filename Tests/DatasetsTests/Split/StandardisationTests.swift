import Datasets
import Tensors
import TestSupport
import Testing

@Suite("Standardisation")
struct StandardisationTests {
    @Test("gives every training column mean 0 and variance 1, and a constant one zeros")
    func moments() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            let (rows, features) = (Int.random(in: 2...200, using: &random), Int.random(in: 1...8, using: &random))
            let centres = (0..<features).map { _ in Float.random(in: -100...100, using: &random) }
            let widths = (0..<features).map { _ in Float.random(in: 0.1...10, using: &random) }
            var values: [Float] = []
            for row in 0..<rows {
                for feature in 0..<features {
                    let isConstant = feature == features - 1
                    // The first two rows differ, so that the other columns vary.
                    let draw = row < 2 ? Float(row) : Float.random(in: -1...1, using: &random)
                    values.append(centres[feature] + (isConstant ? 0 : widths[feature] * draw))
                }
            }
            let data = try dataset(values, rows: rows)
            let standardisation = try Standardisation(fittedOn: data)
            let standardised = try data.standardised(by: standardisation).features.floats
            for feature in 0..<features {
                let column = (0..<rows).map { Double(standardised[$0 * features + feature]) }
                if feature == features - 1 {
                    #expect(column.allSatisfy { $0 == 0 }, "seed \(seed)")
                    #expect(standardisation.scale.floats[feature] == 1, "seed \(seed)")
                    continue
                }
                let mean = column.reduce(0, +) / Double(rows)
                let variance = column.reduce(0) { $0 + $1 * $1 } / Double(rows) - mean * mean
                // The mean, at most 110, is rounded to f32: by at most 2⁻¹⁸, over a scale of at least 0.04 or so.
                #expect(abs(mean) < 1e-4 && abs(variance - 1) < 1e-5, "seed \(seed), feature \(feature)")
            }
        }
    }

    @Test("of breast cancer is that of scikit-learn, from the training rows alone")
    func golden() throws {
        // make_golden.py: StandardScaler of scikit-learn 1.9.1 on the training rows of the split of seed 0.
        let means: [Float] = [
            14.161979675292969, 19.262361526489258, 92.1621322631836, 655.8132934570312, 0.0959787666797638,
            0.10282286256551743, 0.08667340874671936, 0.04850567504763603, 0.18107764422893524, 0.06252522766590118,
            0.3907701075077057, 1.2112922668457031, 2.759084463119507, 38.228660583496094, 0.0069955806247889996,
            0.024535980075597763, 0.029951227828860283, 0.01155922096222639, 0.02028883434832096, 0.003710962599143386,
            16.282052993774414, 25.617286682128906, 107.35271453857422, 880.266357421875, 0.1318678855895996,
            0.24966226518154144, 0.26582589745521545, 0.11389736086130142, 0.2893238663673401, 0.08348499983549118,
        ]
        let scales: [Float] = [
            3.4315404891967773, 4.310936450958252, 23.654151916503906, 339.0082702636719, 0.014299403876066208,
            0.052257951349020004, 0.07641247659921646, 0.03839629143476486, 0.026613185182213783, 0.006855743937194347,
            0.23165962100028992, 0.5574826598167419, 1.6641738414764404, 34.35251235961914, 0.003021621610969305,
            0.01712215505540371, 0.023110736161470413, 0.005763110239058733, 0.008277805522084236,
            0.0025001566391438246, 4.77604341506958, 6.133292198181152, 33.16147994995117, 563.7377319335938,
            0.02294851653277874, 0.15329594910144806, 0.20111435651779175, 0.06561533361673355, 0.06082957983016968,
            0.017179233953356743,
        ]
        let split = try Dataset.breastCancer.stratified(test: 0.3, seed: 0)
        let standardisation = try Standardisation(fittedOn: split.training)
        // Both sum in Double, in unlike orders, so that the rounded f32 may be neighbours.
        for (found, expected) in zip(standardisation.mean.floats + standardisation.scale.floats, means + scales) {
            #expect(abs(found - expected) <= expected.ulp)
        }
        let standardised = try split.standardised(by: standardisation)
        #expect(standardised.test.features == (try standardisation.applied(to: split.test.features)))
        let x = split.test.features.floats[30 + 4]
        #expect(
            standardised.test.features.floats[30 + 4]
                == (x - standardisation.mean.floats[4]) / standardisation.scale.floats[4]
        )
    }

    @Test("gives finite numbers for tiny, huge and nearly equal ones")
    func extremes() throws {
        for pair in [[0, Float.leastNonzeroMagnitude], [-1e38, 1e38], [1e30, Float(1e30).nextUp]] as [[Float]] {
            let data = try dataset(pair, rows: 2)
            let standardised = try data.standardised(by: Standardisation(fittedOn: data))
            #expect(standardised.features.floats.allSatisfy { $0.isFinite }, "\(pair)")
        }
    }

    @Test("can be stored as two tensors, which are checked when they come back")
    func storage() throws {
        let data = try dataset([1, 2, 3, 5], rows: 2)
        let fitted = try Standardisation(fittedOn: data)
        #expect(try Standardisation(mean: fitted.mean, scale: fitted.scale) == fitted)

        func message(_ mean: TensorValue, _ scale: TensorValue) -> String {
            let error = #expect(throws: DatasetError.self) { try Standardisation(mean: mean, scale: scale) }
            return error?.description ?? ""
        }
        let one = TensorValue([1] as [Float])
        #expect(
            message(one, TensorValue([1, 1] as [Float])) == """
                The standardisation is not valid: its mean is f32[1] and its scale f32[2], but both must be f32[features].
                """
        )
        #expect(
            message(TensorValue([.nan] as [Float]), one)
                == "The standardisation is not valid: the mean of feature 1 is not finite."
        )
        for scale in [0, -1, .infinity, .nan] as [Float] {
            #expect(
                message(one, TensorValue([scale]))
                    == "The standardisation is not valid: the scale of feature 1 is not a positive number."
            )
        }
    }

    @Test("is refused for data of another width, and cannot be fitted on nothing")
    func refusals() throws {
        let data = try dataset([1, 2, 3, 5], rows: 2)
        let fitted = try Standardisation(fittedOn: data)
        let width = #expect(throws: DatasetError.self) { try dataset([1, 2, 3], rows: 1).standardised(by: fitted) }
        #expect(
            width?.description
                == "The standardisation was fitted on 2 features, but the data has 3: give data of the same columns."
        )
        #expect(throws: DatasetError.notATable(TensorType(.f32, [2]))) {
            try fitted.applied(to: TensorValue([1, 2] as [Float]))
        }
        let nothing = #expect(throws: DatasetError.self) { try Standardisation(fittedOn: data.rows([])) }
        #expect(nothing?.description == "'table' has no rows, so there is nothing to fit a standardisation on.")
    }

    private func dataset(_ values: [Float], rows: Int) throws -> Dataset {
        try Dataset(
            name: "table",
            features: TensorValue(values, shape: [rows, values.count / rows]),
            labels: .classes(ClassLabels([Int32](repeating: 0, count: rows), names: ["a"]))
        )
    }
}
